"""What a user sees when something of theirs is wrong."""

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

import hunmin
from hunmin.errors import (
    ExtraMissingError,
    ImageError,
    InputError,
    MismatchError,
    StoreError,
    reason_of,
    require_extra,
)


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
    assert str(refusal.value).endswith(
        "Run: pip install -c constraints.txt '.[train]' in a clone of hunmin's repository"
    )


def test_the_reason_of_an_error_has_no_number_and_no_path() -> None:
    with pytest.raises(OSError, match="Errno") as caught:
        Path("nowhere/a.txt").read_text()
    assert reason_of(caught.value) == "No such file or directory"
    assert [reason_of(error) for error in (OSError("cut off"), ValueError("no number"))] == ["cut off", "no number"]


def test_no_message_holds_what_the_system_says_with_its_number_and_the_path_once_more() -> None:
    source = Path(hunmin.__file__).parent
    assert [where for path in sorted(source.rglob("*.py")) for where in _raw_system_errors(path)] == []


def _raw_system_errors(path: Path) -> Iterator[str]:
    """Where an f-string holds an error, as it is, that was caught as an OSError."""
    for handler in ast.walk(ast.parse(path.read_text("utf-8"))):
        if not (isinstance(handler, ast.ExceptHandler) and handler.type and handler.name):
            continue
        caught = {name.id for name in ast.walk(handler.type) if isinstance(name, ast.Name)}
        for value in ast.walk(handler) if "OSError" in caught else ():
            if isinstance(value, ast.FormattedValue) and ast.unparse(value.value) == handler.name:
                yield f"{path}:{value.lineno}"
