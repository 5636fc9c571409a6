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
    ],
)
def test_pages_are_named_by_numbers_and_ranges(pages: object, numbers: tuple[int, ...]) -> None:
    assert page_numbers(pages, 5, "a.pdf") == numbers  # type: ignore[arg-type]


@pytest.mark.parametrize(
    "pages", ["", "a", "1-2-3", "1..3", "-", ",", "1,,2", "3-1", "0", "6", "4-6", "1-999999999", [0], []]
)
def test_what_names_no_page_of_the_document_is_refused_with_its_name(pages: object) -> None:
    with pytest.raises(InputError, match=r"^a\.pdf: "):
        page_numbers(pages, 5, "a.pdf")  # type: ignore[arg-type]
