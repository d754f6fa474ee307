"""Modules and classes, found and read without importing them."""

from polyhead.modules import class_source, source


def test_a_module_is_found_without_importing_it_or_what_is_around_it() -> None:
    found = source("pytorch_lightning.trainer.trainer")
    assert found is not None
    assert found.parts[-3:] == ("pytorch_lightning", "trainer", "trainer.py")
    assert source("no_such_package.anywhere") is None


def test_a_class_is_found_through_imports_and_its_name_compared_without_case_and_underscores() -> None:
    found = class_source("polyhead.heads.detection", "detec_tion")
    assert found is not None
    assert found[1].name == "Detection"
    assert class_source("polyhead.heads.detection", "nothing") is None
