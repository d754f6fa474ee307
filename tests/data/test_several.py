"""Several sources as one: classes by name, what is unknown where, and what each source's items are laid beside."""

from collections.abc import Mapping, Sequence
from typing import Any

import pytest
import torch
from torchvision import tv_tensors

from polyhead.data.molecules import Molecules
from polyhead.data.several import Several
from polyhead.errors import UserError
from polyhead.findings.collecting import collecting
from polyhead.loading.image_module import ImageModule
from polyhead.loading.member import Member
from polyhead.loading.source import Augmentations, Item, Source, Split

SIDE = 32


class Made(Source):
    """Images of one grey, each with the same targets."""

    def __init__(
        self, grey: int, names: Mapping[str, tuple[str, ...]], targets: Mapping[str, Any], items: int = 4
    ) -> None:
        self.grey, self.names, self.told, self.items = grey, dict(names), targets, items

    augment: Augmentations = ()

    def labels(self) -> dict[str, tuple[str, ...]]:
        return self.names

    def size(self, split: Split) -> int:
        return self.items if split == "train" else 2

    def item(self, split: Split, index: int) -> Item:
        image = tv_tensors.Image(torch.full((3, SIDE, SIDE), self.grey, dtype=torch.uint8))
        return Item(image, self.targets(split, index))

    def targets(self, _split: Split, _index: int) -> Mapping[str, Any]:
        return self.told

    def fingerprint(self) -> str:
        return str(self.grey)


class Counted(Made):
    """As `Made`, but it tells how often it has its classes."""

    def tally(self, split: Split) -> Mapping[str, Mapping[str, int]]:
        return {target: dict.fromkeys(names, self.size(split)) for target, names in self.names.items()}


def boxes(*labels: int) -> dict[str, Any]:
    corners = torch.tensor([[4.0 * n, 4, 4 * n + 4, 12] for n in range(len(labels))]).reshape(-1, 4)
    wrapped = tv_tensors.BoundingBoxes(corners, format="XYXY", canvas_size=(SIDE, SIDE))
    return {"boxes": wrapped, "labels": torch.tensor(labels, dtype=torch.long)}


def mask(*rows: Sequence[int]) -> tv_tensors.Mask:
    return tv_tensors.Mask(
        torch.tensor(rows, dtype=torch.uint8).repeat_interleave(SIDE // 2, 0).repeat_interleave(16, 1)
    )


BLOOD = Made(10, {"boxes": ("RBC", "WBC")}, {"boxes": boxes(0, 1, 1)})
OTHERS = Made(20, {"boxes": ("WBC", "dirt", "platelet")}, {"boxes": boxes(0, 1, 2)}, items=6)


def test_classes_of_one_name_are_one_class_in_the_order_in_which_they_are_first_named() -> None:
    both = Several({"blood": Member(BLOOD), "others": Member(OTHERS)})
    assert both.labels() == {"boxes": ("RBC", "WBC", "dirt", "platelet")}
    assert both.item("train", 0).targets["boxes"]["labels"].tolist() == [0, 1, 1]
    assert both.item("train", 4).targets["boxes"]["labels"].tolist() == [1, 2, 3]
    assert both.targets("train", 9)["boxes"]["labels"].tolist() == [1, 2, 3]
    assert (both.size("train"), both.size("val")) == (10, 4)


def test_a_mapping_renames_merges_and_leaves_out() -> None:
    names = {"boxes": {"WBC": "leukocyte", "dirt": None, "platelet": "leukocyte"}}
    both = Several(
        {"blood": Member(BLOOD, names={"boxes": {"WBC": "leukocyte"}}), "others": Member(OTHERS, names=names)}
    )
    assert both.labels() == {"boxes": ("RBC", "leukocyte")}
    found = both.item("train", 5).targets["boxes"]
    assert found["labels"].tolist() == [1, 1]
    assert found["boxes"].tolist() == [[0, 4, 4, 12], [8, 4, 12, 12]]
    assert isinstance(found["boxes"], tv_tensors.BoundingBoxes)


def test_what_is_left_out_is_said_and_counted_where_the_source_counts() -> None:
    class Counted(Made):
        def tally(self, split: Split) -> Mapping[str, Mapping[str, int]]:
            return {"boxes": {"WBC": 6, "dirt": 7 if split == "train" else 2, "platelet": 6}}

    names: dict[str, dict[str, str | None]] = {"boxes": {"dirt": None, "platelet": "RBC"}}
    counted = Counted(20, OTHERS.names, OTHERS.told)
    both = Several({"plain": Member(OTHERS, names=names), "counted": Member(counted, names=names)})
    assert both.notes() == [
        "sources.plain: names leaves out of boxes: dirt",
        "sources.counted: names leaves out of boxes: dirt (7 train, 2 val, 2 test)",
    ]


def test_an_image_whose_class_is_left_out_does_not_carry_it_any_more() -> None:
    class Graded(Made):
        def targets(self, _split: Split, index: int) -> Mapping[str, Any]:
            return {"label": index % 3, "boxes": boxes(1)}

    graded = Graded(10, {"label": ("a", "b", "c"), "boxes": ("RBC", "WBC")}, {})
    data = Several({"graded": Member(graded, names={"label": {"b": None}, "boxes": {"WBC": None}})})
    assert [sorted(data.carried("train", index)) for index in range(4)] == [
        ["boxes", "label"], ["boxes"], ["boxes", "label"], ["boxes", "label"],
    ]  # fmt: skip
    module = ImageModule(data, ("label",), size=SIDE, batch=1, workers=0)
    assert module.source.notes()[-1].startswith("1 of 4 training images carry none of label: not read")


def test_shares_are_of_all_sources_or_of_none() -> None:
    with pytest.raises(UserError, match=r"sources\.others\.share is left out, and others have one; set it for all, or"):
        Several({"blood": Member(BLOOD, share=2), "others": Member(OTHERS)})


def test_what_a_source_does_not_label_is_unknown_there() -> None:
    both = Several({"blood": Member(BLOOD, share=1.0), "others": Member(OTHERS, share=5.0)})
    first, second = both.parts("train")
    assert (first.name, first.items, first.share) == ("blood", range(4), 1.0)
    assert (second.name, second.items, second.share) == ("others", range(4, 10), 5.0)
    assert first.known["boxes"].tolist() == [True, True, False, False]
    assert second.known["boxes"].tolist() == [False, True, True, True]
    assert both.notes() == [
        "sources.blood: does not label dirt, platelet of boxes: unknown there",
        "sources.others: does not label RBC of boxes: unknown there",
    ]
    alone = Several({"blood": Member(BLOOD), "again": Member(BLOOD)})
    assert [dict(part.known) for part in alone.parts("val")] == [{}, {}]


def test_pixels_of_a_class_that_is_left_out_are_unlabelled_and_unlabelled_ones_stay() -> None:
    one = Made(1, {"mask": ("background", "cat", "dog")}, {"mask": mask([0, 1], [2, 255])})
    other = Made(2, {"mask": ("dog", "background")}, {"mask": mask([0, 1], [0, 255])})
    both = Several({"one": Member(one, names={"mask": {"cat": None}}), "other": Member(other)})
    assert both.labels() == {"mask": ("background", "dog")}
    corners = [both.item("train", number).targets["mask"][::16, ::16].tolist() for number in (0, 4)]
    assert corners == [[[0, 255], [1, 255]], [[1, 0], [1, 255]]]


def test_an_image_of_a_class_that_is_left_out_carries_no_label() -> None:
    one = Made(1, {"label": ("cat", "dog")}, {"label": 1})
    both = Several({"one": Member(one, names={"label": {"dog": None}})})
    assert dict(both.item("train", 0).targets) == {}
    assert both.labels() == {"label": ("cat",)}


def test_of_several_classes_an_item_may_belong_to_others_than_the_sources_are_nan() -> None:
    one = Made(1, {"tags": ("wet", "red")}, {"tags": torch.tensor([1.0, 0.0])})
    other = Made(2, {"tags": ("red", "crimson", "old")}, {"tags": torch.tensor([0.0, 1.0, torch.nan])})
    both = Several({"one": Member(one), "other": Member(other, names={"tags": {"crimson": "red"}})})
    assert both.labels() == {"tags": ("wet", "red", "old")}
    first, second = (both.item("train", number).targets["tags"] for number in (0, 4))
    assert first.nan_to_num(-1).tolist() == [1, 0, -1]
    assert second.nan_to_num(-1).tolist() == [-1, 1, -1]


@pytest.mark.parametrize(
    ("sources", "said"),
    [
        ({}, r"sources is empty: name one or more"),
        (
            {"a": Member(BLOOD, names={"boxes": {"RBX": "x"}})},
            r"sources\.a\.names\.boxes: 'RBX' is no class of it .*'RBC'",
        ),
        ({"a": Member(BLOOD, names={"box": {"RBC": "x"}})}, r"sources\.a\.names: it has no target 'box'; it has boxes"),
        (
            {"a": Member(BLOOD), "b": Member(Made(1, {"boxes": ()}, {}))},
            r"target 'boxes' has classes in sources\.a, and numbers in sources\.b",
        ),
        (
            {
                "a": Member(Made(1, {"label": ("cat", "dog")}, {"label": 1})),
                "b": Member(Made(2, {"label": ("cat", "wet")}, {"label": torch.tensor([0.0, 1.0])})),
            },
            r"'label' is one class an image in sources\.a, and several classes an image in sources\.b: they are two",
        ),
        (
            {
                name: Member(Made(1, {"mask": tuple(f"{name}{number}" for number in range(150))}, {"mask": mask([0])}))
                for name in "ab"
            },
            r"'mask' has 300 classes in sources\.a, sources\.b together, and a mask holds 255 at most",
        ),
    ],
)
def test_what_cannot_be_one_is_refused_by_name(sources: dict[str, Member], said: str) -> None:
    with pytest.raises(UserError, match=said):
        Several(sources)


def test_what_is_no_image_is_refused_as_a_source() -> None:
    with pytest.raises(UserError, match="Molecules gives no images"):
        Member(Molecules())  # type: ignore[arg-type]  # it is wrong


def test_names_of_two_sources_that_are_nearly_one_are_remarked() -> None:
    other = Made(2, {"boxes": ("rbc", "dirt")}, {"boxes": boxes(0)})
    with collecting() as heard:
        Several({"blood": Member(BLOOD), "other": Member(other)})
    alike = [one.what for one in heard.found if one.kind == "class-names-alike"]
    assert alike == ["boxes: the classes 'RBC' and 'rbc' are nearly of one name"]
    with collecting() as heard:
        Several({"blood": Member(BLOOD), "other": Member(other, names={"boxes": {"rbc": "RBC"}})})
    assert not [one for one in heard.found if one.kind == "class-names-alike"]


def test_classes_are_counted_only_where_all_sources_count() -> None:
    one, other = Counted(1, {"boxes": ("cat",)}, {"boxes": boxes(0)}), Made(2, {"boxes": ("cat",)}, {"boxes": boxes(0)})
    assert Several({"one": Member(one)}).tally("train") == {"boxes": {"cat": 4}}
    assert Several({"one": Member(one), "other": Member(other)}).tally("train") == {}


def test_a_share_of_nothing_is_refused() -> None:
    with pytest.raises(UserError, match="share must be above 0, not 0; or leave the source out"):
        Member(BLOOD, share=0.0)


def test_batches_say_what_is_known_of_each_row_and_mosaics_stay_within_a_source() -> None:
    sources = {"blood": Member(BLOOD, augment=["mosaic"], share=4.0), "others": Member(OTHERS, share=4.0)}
    data = ImageModule(Several(sources), size=SIDE, batch=4, workers=0)
    greys = set()
    for batch in data.train_dataloader():
        assert batch.known["boxes"].shape == (4, 4)
        for row, image in enumerate(batch.inputs):
            shades = set(image.flatten().tolist()) - {114}  # the grey beside letterboxed and laid images
            assert len(shades) == 1
            known = batch.known["boxes"][row]
            assert known.tolist() == ([True, True, False, False] if shades == {10} else [False, True, True, True])
            labels = batch.targets["boxes"][row]["labels"]
            assert known[labels].all()
            greys |= shades
    assert greys == {10, 20}


def test_a_general_choice_of_augmentations_stands_above_each_sources() -> None:
    sources = Several({"blood": Member(BLOOD, augment=["mosaic"]), "others": Member(OTHERS)})
    assert [bool(one.mosaic) for one in ImageModule(sources).augments] == [True, False]
    assert [bool(one.mosaic) for one in ImageModule(sources, augment="none").augments] == [False, False]


def test_the_fingerprint_changes_with_a_mapping() -> None:
    plain = Several({"blood": Member(BLOOD)}).fingerprint()
    assert plain == Several({"blood": Member(BLOOD, share=3.0)}).fingerprint()
    assert plain != Several({"blood": Member(BLOOD, names={"boxes": {"RBC": "red"}})}).fingerprint()


def test_the_fingerprint_changes_with_the_numbers_of_the_classes() -> None:
    first, *others = BLOOD.labels()["boxes"]
    orders = ((first, *others), (*others, first))
    plain, turned = (Several({"blood": Member(BLOOD)}, {"boxes": names}) for names in orders)
    assert plain.fingerprint() != turned.fingerprint()


def test_blended_items_know_what_both_know() -> None:
    one = Made(1, {"label": ("cat", "dog")}, {"label": 0}, items=2)
    other = Made(2, {"label": ("dog", "elk")}, {"label": 0}, items=2)
    data = ImageModule(
        Several({"one": Member(one), "other": Member(other)}),
        size=SIDE,
        batch=4,
        workers=0,
        mix={"mixup": 1.0},
        plain_end=0,
    )
    (batch,) = data.train_dataloader()
    assert batch.targets["label"].shape == (4, 3)
    assert batch.known["label"].int().tolist() == [
        [0, 1, 0],
        [1, 1, 0],
        [0, 1, 0],
        [0, 1, 1],
    ]  # each with the one before
