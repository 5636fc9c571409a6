"""The page of characters that print alike says what readings do."""

from pathlib import Path

from hunmin.text.canonical import VARIANTS, canonical

PAGE = Path(__file__).parents[2] / "docs/reference/look-alike-characters.md"


def test_the_page_lists_every_variant_and_the_character_that_it_is_read_as() -> None:
    rows = [line.strip("| ").split(" | ") for line in PAGE.read_text(encoding="utf-8").splitlines() if "U+" in line]
    listed = {one[0]: "".join(variant[0] for variant in variants.split(", ")) for one, variants in rows[:-1]}
    assert listed == VARIANTS
    for one, variants in rows[:-1]:
        for cell in (one, *variants.split(", ")):
            assert cell[1:] == f" U+{ord(cell[0]):04X}"
    assert rows[-1][0].startswith("! to ~")
    assert canonical("！～Ａ") == "!~A"
