import numpy as np
import pytest

from hunmin.documents.source.page_numbers import page_numbers
from hunmin.errors import InputError


@pytest.mark.parametrize(
    ("pages", "numbers"),
    [
        (None, (1, 2, 3, 4, 5)),
        ("2", (2,)),
        ("1-3,5", (1, 2, 3, 5)),
        ("4-", (4, 5)),
        ("-2", (1, 2)),
        (" 5, 1 ,1-2", (1, 2, 5)),
        ([3, 1, 3], (1, 3)),
        (range(2, 4), (2, 3)),
        (np.array([2, 1]), (1, 2)),
    ],
)
def test_pages_are_named_by_numbers_and_ranges(pages: object, numbers: tuple[int, ...]) -> None:
    found = page_numbers(pages, 5, "a.pdf")  # type: ignore[arg-type]
    assert found == numbers and {type(number) for number in found} == {int}


@pytest.mark.parametrize(
    "pages",
    [
        "",
        "a",
        "1-2-3",
        "1..3",
        "-",
        ",",
        "1,,2",
        "3-1",
        "0",
        "6",
        "4-6",
        "1-999999999",
        [0],
        [],
        1,
        [1.5],
        ["1"],
        [None],
        b"1",
    ],
)
def test_what_names_no_page_of_the_document_is_refused_with_its_name(pages: object) -> None:
    with pytest.raises(InputError, match=r"^a\.pdf: "):
        page_numbers(pages, 5, "a.pdf")  # type: ignore[arg-type]


def test_a_page_beyond_the_last_is_named_and_a_single_page_is_called_one() -> None:
    with pytest.raises(InputError, match=r"^a\.pdf: has no page 20; it has pages 1 to 3$"):
        page_numbers("20-", 3, "a.pdf")
    with pytest.raises(InputError, match=r"^a\.pdf: has no page 2; it has one page$"):
        page_numbers("2", 1, "a.pdf")
