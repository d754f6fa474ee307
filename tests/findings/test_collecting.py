"""Who hears of what is wrong: an error where nobody does, a finding where somebody collects."""

import pickle

import pytest

from polyhead.errors import UserError
from polyhead.findings.collecting import Refusal, collecting, leaving_out, named_source, refusal, refuse, remark
from polyhead.findings.finding import finding


def test_where_nobody_listens_the_first_error_is_raised_and_remarks_go_unsaid() -> None:
    remark("box-tiny", "a.json", "is small")
    with pytest.raises(UserError, match=r"^a\.txt:3: has 4 columns; it takes 5$"):
        refuse("label-columns", "a.txt", "has 4 columns", "it takes 5", line=3)


def test_who_collects_gets_all_in_order_and_the_reader_goes_on() -> None:
    done = []
    with collecting() as collected:
        for number in range(3):
            with leaving_out():
                if number == 1:
                    raise refusal("image-empty", f"{number}.png", "is empty")
                done.append(number)
        remark("box-tiny", "a.json", "is small")
    assert done == [0, 2]
    assert [(one.kind, one.level) for one in collected.found] == [("image-empty", "error"), ("box-tiny", "warning")]


def test_the_error_beyond_those_that_are_allowed_is_raised() -> None:
    with collecting(1) as collected:
        refuse("image-empty", "a.png", "first")
        with pytest.raises(UserError, match="second"):
            refuse("image-empty", "b.png", "second")
    assert [one.what for one in collected.found] == ["first"]


def test_a_whole_file_is_left_out_only_where_all_errors_are_collected() -> None:
    with collecting(9), pytest.raises(UserError, match="is not JSON"):
        refuse("json-broken", "a.json", "is not JSON", whole=True)
    with collecting() as collected:
        refuse("json-broken", "a.json", "is not JSON", whole=True)
    assert collected.errors == 1


def test_an_error_that_was_made_of_a_refusal_is_known_as_such_and_others_go_on() -> None:
    with collecting() as collected:
        with leaving_out():
            try:
                raise refusal("image-empty", "a.png", "is empty")
            except UserError as error:
                raise UserError(f"data: {error}") from error
        with pytest.raises(UserError, match="no such option"), leaving_out():
            raise UserError("no such option")
    assert [one.file for one in collected.found] == ["a.png"]


def test_findings_know_their_source_and_refusals_survive_processes() -> None:
    with collecting() as collected:
        with named_source("blood"):
            remark("box-tiny", "a.json", "is small")
        remark("box-tiny", "b.json", "is small")
    assert [one.source for one in collected.found] == ["blood", ""]
    again = pickle.loads(pickle.dumps(Refusal(finding("image-empty", "a.png", "is empty"))))  # noqa: S301  # our own
    assert again.found.kind == "image-empty"


def test_a_kind_that_is_none_is_a_mistake_of_the_programmer() -> None:
    with collecting(), pytest.raises(KeyError):
        remark("box-tinny", "a.json", "is small")
