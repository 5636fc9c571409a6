"""Lists of labels as other tools and spreadsheets write them."""

import csv
import io
import json
import unicodedata
from pathlib import Path

import pytest

from hunmin.cli.data.import_ import _odd_shares
from hunmin.data.imports.config import SplitConfig
from hunmin.data.sources.downloads.files import open_files
from hunmin.data.sources.formats import SOURCES
from hunmin.data.tab_separated import dialect_of, tsv_line
from hunmin.errors import InputError
from hunmin.evaluation.labelled import _rows
from hunmin.text.normalize import normalize_label

TEXTS = ['"인용" 문장', "보증금, 5,000원", "홍길동's", '가 "나', '"', '""', '"큰따옴표 속"', "  두  칸 "]


def write(folder: Path, files: dict[str, str | bytes]) -> None:
    for name, content in files.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_bytes(content.encode() if isinstance(content, str) else content)


def images(folder: Path, names: list[str]) -> None:
    write(folder, {name: name for name in names})


def read(source: str, path: Path) -> list[tuple[str, str | None, str]]:
    """Content of each image, its text, and why it is dropped."""
    return [
        (page.image.read().decode() if page.image else "", page.regions[0].text, page.regions[0].drop_reason)
        for page in SOURCES[source](open_files([path]))
        if page.regions
    ]


def table(texts: list[str], dialect: str, **options: object) -> str:
    out = io.StringIO()
    writer = csv.writer(out, dialect, **options)  # type: ignore[arg-type]
    writer.writerow(["path", "text"])
    writer.writerows([f"{number}.png", text] for number, text in enumerate(texts))
    return out.getvalue()


@pytest.mark.parametrize("quoting", [csv.QUOTE_MINIMAL, csv.QUOTE_ALL, csv.QUOTE_NONNUMERIC])
@pytest.mark.parametrize("start", ["", "\ufeff"], ids=["plain", "with a byte order mark"])
def test_a_tsv_of_csv_pandas_or_a_spreadsheet_has_the_texts_that_went_in(
    quoting: int, start: str, tmp_path: Path
) -> None:
    images(tmp_path, [f"{number}.png" for number in range(len(TEXTS))])
    write(tmp_path, {"labels.tsv": start + table(TEXTS, "excel-tab", quoting=quoting)})
    expected = [(f"{number}.png", text, "") for number, text in enumerate(TEXTS)]
    assert read("tsv", tmp_path) == expected
    assert [(path, text) for path, text, _ in _rows(tmp_path / "labels.tsv")] == [one[:2] for one in expected]


def test_quotation_marks_that_an_editor_wrote_stand_for_themselves(tmp_path: Path) -> None:
    texts = ['"인용" 문장', '"그는', '말했다."', '"네."']
    images(tmp_path, [f"{number}.png" for number in range(len(texts))])
    write(tmp_path, {"labels.tsv": "".join(f"{number}.png\t{text}\n" for number, text in enumerate(texts))})
    assert read("tsv", tmp_path) == [(f"{number}.png", text, "") for number, text in enumerate(texts)]


@pytest.mark.parametrize("other", ["나", '나 ""다" 라'])
def test_a_text_whose_quotation_marks_nobody_can_judge_is_dropped_and_counted(other: str, tmp_path: Path) -> None:
    images(tmp_path, ["0.png", "1.png"])
    write(tmp_path, {"labels.tsv": f'0.png\t"가"\n1.png\t{other}\n'})
    first, second = read("tsv", tmp_path)
    if other == "나":
        assert first == ("0.png", '"가"', "ambiguous quotes")
    else:
        assert first == ("0.png", '"가"', "")  # The other line shows that marks are not doubled here.
    assert second == ("1.png", other, "")


def test_what_hunmin_writes_is_read_back_by_hunmin_and_by_csv() -> None:
    texts = ["path", *TEXTS, "탭\t과\n줄"]
    written = "".join(tsv_line((text, "x")) for text in texts)
    expected = [" ".join(text.split("\t")).replace("\n", " ") for text in texts]
    assert [row[0] for row in csv.reader(io.StringIO(written), "excel-tab")] == expected
    rows = [line.split("\t") for line in written.splitlines()]
    assert [dialect_of(rows).cell(row[0]) for row in rows] == expected


def test_easyocr_splits_at_the_first_comma_and_csv_quotes_commas(tmp_path: Path) -> None:
    images(tmp_path / "easyocr", ["1.png", "2.png"])
    write(tmp_path / "easyocr", {"labels.csv": "filename,words\n1.png,보증금, 5,000원\n2.png,가 나\n"})
    assert read("easyocr", tmp_path / "easyocr") == [("1.png", "보증금, 5,000원", ""), ("2.png", "가 나", "")]
    images(tmp_path / "csv", ["1.png", "2.png"])
    write(tmp_path / "csv", {"labels.csv": 'filename,words\r\n1.png,"보증금, 5,000원"\r\n2.png,"""인용"" 문장"\r\n'})
    assert read("easyocr", tmp_path / "csv") == [("1.png", "보증금, 5,000원", ""), ("2.png", '"인용" 문장', "")]


def test_doctr_keeps_labels_beside_a_folder_of_images(tmp_path: Path) -> None:
    images(tmp_path, ["images/1.jpg", "images/2.jpg", "images/3.jpg"])
    for name in ("1.jpg", "2.jpg", "3.jpg"):
        (tmp_path / "images" / name).write_text(name)
    write(tmp_path, {"labels.json": json.dumps({"1.jpg": "가 나", "2.jpg": "다"}, ensure_ascii=False)})
    assert read("doctr", tmp_path) == [("1.jpg", "가 나", ""), ("2.jpg", "다", "")]
    assert sum(1 for _ in SOURCES["doctr"](open_files([tmp_path]))) == 3  # one image has no label


def test_pairs_of_tesstrain_are_read_whatever_step_of_the_image_is_there(tmp_path: Path) -> None:
    images(tmp_path, ["a/1.tif", "a/2.bin.png", "a/2.nrm.png", "3.png"])
    write(tmp_path, {"a/1.gt.txt": "가 나\n", "a/2.gt.txt": "다", "3.gt.txt": "라\n마\n"})
    pages = read("gt-txt", tmp_path)
    assert sorted(pages)[1:] == [("a/1.tif", "가 나", ""), ("a/2.bin.png", "다", "")]
    assert sorted(pages)[0][2] == "unreadable label"  # two lines of text for one line of image


def test_lists_with_spaces_have_all_that_follows_the_first_as_text(tmp_path: Path) -> None:
    images(tmp_path, ["img/1.png", "img/2.png"])
    write(tmp_path, {"gt.txt": "img/1.png 한글 두 낱말\nimg/2.png 하나\n"})
    assert read("spaces", tmp_path) == [("img/1.png", "한글 두 낱말", ""), ("img/2.png", "하나", "")]
    write(tmp_path, {"gt.txt": "img/1.png\t한글 두 낱말\n"})
    with pytest.raises(InputError, match="import it as tsv"):
        read("spaces", tmp_path)


def test_an_image_folder_of_hugging_face_is_read_from_csv_and_from_jsonl(tmp_path: Path) -> None:
    images(tmp_path / "csv", ["train/1.png", "train/2.png"])
    write(tmp_path / "csv", {"train/metadata.csv": 'file_name,text\n1.png,"보증금, 5,000원"\n2.png,가\n'})
    assert read("imagefolder", tmp_path / "csv") == [("train/1.png", "보증금, 5,000원", ""), ("train/2.png", "가", "")]
    images(tmp_path / "json", ["1.png"])
    write(tmp_path / "json", {"metadata.jsonl": '{"file_name": "1.png", "text": "가, 나"}\n'})
    assert read("imagefolder", tmp_path / "json") == [("1.png", "가, 나", "")]


@pytest.mark.parametrize(
    ("source", "files", "says"),
    [
        ("easyocr", {"a.csv": "filename,words\n1.png\n"}, "has no comma; write filename, comma, words"),
        ("imagefolder", {"metadata.csv": "a,b\n1.png,가\n"}, "the header has no column of paths"),
        ("doctr", {"labels.json": '["가"]'}, "expected an object of file names and texts"),
        ("gt-txt", {"1.gt.txt": "가"}, r"there is no image .*1\.png"),
        ("spaces", {"a.txt": "1.png\n"}, "has no space; write path, space, text"),
    ],
)
def test_a_list_of_another_form_says_what_it_should_have(
    source: str, files: dict[str, str | bytes], says: str, tmp_path: Path
) -> None:
    write(tmp_path, files)
    with pytest.raises(InputError, match=says):
        read(source, tmp_path)


@pytest.mark.parametrize(
    ("written", "label"),
    [
        ("가\u200b나", "가나"),
        ("\ufeff가나", "가나"),
        ("\u202e가나\u202c", "가나"),
        ("가\u00ad나", "가나"),
        ("ᄒ\u200bᅡᆫ", "한"),
        ("가\u00a0\u3000나 ", "가 나"),
        (unicodedata.normalize("NFD", "한글 각"), "한글 각"),
    ],
    ids=ascii,
)
def test_what_prints_nothing_is_no_part_of_a_label(written: str, label: str) -> None:
    assert normalize_label(written) == label
    assert normalize_label(label) == label


def test_of_two_texts_for_one_image_the_second_is_counted_and_not_learnt(tmp_path: Path) -> None:
    images(tmp_path, ["1.png", "2.png"])
    write(tmp_path, {"labels.tsv": "1.png\t가\n1.png\t나\n2.png\t다\n2.png\t다\n"})
    dropped = [(text, reason) for _, text, reason in read("tsv", tmp_path)]
    assert dropped == [("가", ""), ("나", "contradicting label"), ("다", ""), ("다", "")]


@pytest.mark.parametrize(
    "path", [r"C:\data\set\img\1.png", "/home/someone/set/img/1.png", r"img\1.png", "./img//1.png"]
)
def test_a_path_of_another_machine_finds_the_image_that_lies_here(path: str, tmp_path: Path) -> None:
    images(tmp_path, ["img/1.png"])
    write(tmp_path, {"labels.tsv": f"{path}\t가\n"})
    assert read("tsv", tmp_path) == [("img/1.png", "가", "")]


def test_a_table_with_line_ends_of_windows_and_a_header_is_measured_on(tmp_path: Path) -> None:
    write(tmp_path, {"meta.tsv": "\ufeffpath\ttext\r\n1.png\t가\r\n"})
    assert list(_rows(tmp_path / "meta.tsv")) == [("1.png", "가", "")]


@pytest.mark.parametrize(
    ("counts", "told"),
    [((35, 17, 6), "60% / 29% / 10%, not 80% / 10% / 10%"), ((80, 11, 9), ""), ((0, 0, 0), "")],
)
def test_splits_that_came_out_otherwise_say_so(counts: tuple[int, int, int], told: str) -> None:
    message = _odd_shares(
        dict(zip(("train", "validation", "test"), counts, strict=True)), SplitConfig(0.1, 0.1, "group")
    )
    assert (told in message) if told else message == ""
