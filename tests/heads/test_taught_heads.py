"""What our heads learn from teachers whose scales, strides and classes' order are their own."""

import pytest
import torch

from polyhead.contracts import FeatureSpec
from polyhead.errors import UserError
from polyhead.heads._paint import Paint, to_cells
from polyhead.heads.classification import Classification
from polyhead.heads.regression import Regression
from polyhead.heads.segmentation import Segmentation
from polyhead.ops.distil import softmax_divergence

SPEC = FeatureSpec((8, 8), (4, 8), 8)


def test_values_are_compared_in_the_students_scale_and_by_name() -> None:
    student, teacher = Regression(SPEC, ("height", "weight")), Regression(SPEC, ("weight", "height"))
    student.adapt([torch.tensor([[0.0, 10.0], [4.0, 30.0]])])  # means 2 and 20, deviations 2 and 10
    teacher.adapt([torch.tensor([[0.0, 0.0], [100.0, 8.0]])])  # means 50 and 4, deviations 50 and 4
    taught = torch.tensor([[-0.4, 0.5]])  # a weight of 30, a height of 6
    loss = student.distil(torch.tensor([[2.0, 3.0]]), teacher, taught, 4.0)
    assert loss.total.item() == pytest.approx((3 - 1) ** 2)  # 6 is 2 deviations above, as said; 30 is 1, not 3
    assert loss.count == 2


@pytest.mark.parametrize(("size", "side"), [((16, 16), 4), ((16, 16), 8), ((13, 10), 4), ((13, 10), 8)])
def test_pixels_are_compared_where_they_are_whichever_cells_painted_them(size: tuple[int, int], side: int) -> None:
    student, teacher = Segmentation(SPEC, ("a", "b")), Segmentation(SPEC, ("b", "a"))
    maps = [torch.randn(3, 2, *size) for _ in range(2)]
    mine, theirs = (
        Paint(to_cells(one.flatten(0, 1), s, 0.0).unflatten(0, (3, 2)), size)
        for one, s in zip(maps, (4, side), strict=True)
    )
    loss = student.distil(mine, teacher, theirs, 2.0)
    expected = softmax_divergence(maps[0], maps[1].flip(1), 2.0)
    torch.testing.assert_close(loss.total, expected.total)
    assert loss.count == expected.count == 3 * size[0] * size[1]


def test_one_class_an_item_and_several_are_two_questions() -> None:
    student, teacher = Classification(SPEC, ("a", "b")), Classification(SPEC, ("a", "b"), multilabel=True)
    with pytest.raises(UserError, match="multilabel is False, and True of its teacher"):
        student.distil(torch.zeros(1, 2), teacher, torch.zeros(1, 2), 1.0)
