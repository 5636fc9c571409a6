"""What a user sees when something of theirs is wrong."""

import pytest

from hunmin.errors import ExtraMissingError, ImageError, InputError, MismatchError, StoreError, require_extra


@pytest.mark.parametrize("kind", [ImageError, StoreError, MismatchError, ExtraMissingError])
def test_every_error_of_the_users_side_is_an_input_error(kind: type[InputError]) -> None:
    assert issubclass(kind, InputError)


def test_an_image_error_has_one_word_for_machines_and_a_line_for_people() -> None:
    error = ImageError("too_large", "page.png: 900 MP; the limit is 50")
    assert error.code == "too_large"
    assert str(error) == "page.png: 900 MP; the limit is 50"


def test_an_extra_that_is_installed_passes() -> None:
    require_extra("train", ("json", "torch"))


def test_a_missing_extra_names_what_is_missing_and_the_command_that_installs_it() -> None:
    with pytest.raises(ExtraMissingError) as refusal:
        require_extra("train", ("json", "no_such_module", "nor_this_one"))
    assert "no_such_module, nor_this_one" in str(refusal.value)
    assert "json" not in str(refusal.value)
    assert "pip install 'hunmin[train]'" in str(refusal.value)
