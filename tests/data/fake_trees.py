"""The trees and label files of the AI Hub sets, in their exact schemas."""

import dataclasses
import json
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from tests.data.fake_aihub import FakePage, Word

PAGE_SIZE = {"width": 800, "height": 420}
NAMES = {"training": "Training", "validation": "Validation"}


@dataclass(frozen=True)
class File:
    """A file of a set."""

    archive: str
    """Path of its zip file without `.zip`; empty = it lies in no archive."""
    path: str
    """In the archive, else from the root."""
    data: bytes


def public_documents(pages: "Sequence[FakePage]", crops: "Sequence[FakePage]") -> list[File]:
    """aihub-88: one JSON a page; ids with gaps and twice."""
    files = []
    for page in pages:
        part = {"training": "train", "validation": "validation"}[page.part]
        stem = f"5350109-1994-{page.number // 2 + 1:04d}-{page.number % 2 + 1:04d}"
        path = f"인.허가/5350109/1994/{stem}"
        image = {
            "image.make.code": "5350109",
            "image.make.year": "1994",
            "image.category": "인.허가",
            "image.width": PAGE_SIZE["width"],
            "image.height": PAGE_SIZE["height"],
            "image.file.name": f"{stem}.jpg",
            "image.create.time": "2021-09-01 10:00:00",
        }
        annotations = [
            {
                "id": 1 + number // 2 * 3,
                "annotation.type": "rectangle",
                "annotation.text": word.text,
                "annotation.ttype": "textType1",
                "annotation.bbox": list(word.box) if word.box else [10, 10, -5, 20],
            }
            for number, word in enumerate(page.words or [])
        ]
        root = f"88.공공행정문서 OCR/{NAMES[page.part]}"
        files += _pair(
            page,
            File(
                f"{root}/[라벨]{part}",
                f"01.라벨링데이터(Json)/{path}.json",
                _json(images=[image], annotations=annotations),
            ),
            (f"{root}/[원천]{part}", f"02.원천데이터(Jpg)/{path}.jpg"),
        )
    return files


def large_public(pages: "Sequence[FakePage]", crops: "Sequence[FakePage]") -> list[File]:
    """aihub-023: nested, with a list of x and a list of y for every box."""
    files = []
    for page in pages:
        stem = f"PUB_{page.number:06d}"
        boxes = []
        for number, word in enumerate(page.words or []):
            x, y, width, height = word.box or (5, 5, 5, 5)
            xs, ys = [x, x, x + width, x + width], [y, y + height, y, y + height]
            boxes.append({"id": number, "data": word.text, "x": xs if word.box else xs[:2], "y": ys})
        label = _json(
            Dataset={"identifier": "OCR", "name": "OCR(공공)", "label_path": "", "category": 0, "type": 0},
            Images={
                "identifier": stem,
                "type": "jpg",
                **PAGE_SIZE,
                "dpi": 300,
                "writing_style": 0,
                "group": 0,
                "year": 0,
            },
            Bbox=boxes,
        )
        number, short = ("1", "T") if page.part == "training" else ("2", "V")
        root = f"023.OCR 데이터(공공)/01.데이터/{number}.{NAMES[page.part]}"
        files += _pair(
            page,
            File(f"{root}/라벨링데이터/{short}L1", f"0001/{stem}.json", label),
            (f"{root}/원천데이터/{short}S1", f"0001/{stem}.jpg"),
        )
    return files


def outdoor(pages: "Sequence[FakePage]", crops: "Sequence[FakePage]") -> list[File]:
    """aihub-105, the older tree."""
    return list(_outdoor(pages, "{name}/[{side}]{name}", "1.간판/1.가로형간판/가로형간판1"))


def outdoor_2023(pages: "Sequence[FakePage]", crops: "Sequence[FakePage]") -> list[File]:
    """aihub-105, the tree of 2023."""
    root = "030.야외 실제 촬영 한글 이미지/01.데이터/{number}.{name}/{side}데이터_230216_add/{short}"
    return list(_outdoor(pages, root, "1.간판/가로형간판"))


def _outdoor(pages: "Sequence[FakePage]", archive: str, folder: str) -> Iterator[File]:
    for page in pages:
        stem = f"간판_가로형간판_{page.number:06d}"
        number, short = ("1", "T") if page.part == "training" else ("2", "V")
        name = NAMES[page.part]
        sides = {"라벨": f"{short}L1", "원천": f"{short}S1"}
        if "_add" in archive:
            roots = [
                archive.format(number=number, name=name, side={"라벨": "라벨링"}.get(s, s), short=sides[s])
                for s in sides
            ]
        else:
            roots = [archive.format(name=name, side=side) for side in sides]
        annotations = [
            {"id": place, "bbox": list(word.box) if word.box else [1, 2, 3], "text": word.text}
            for place, word in enumerate(page.words or [], start=1)
        ]
        image = {"id": 1, **PAGE_SIZE, "file_name": f"{stem}.jpg"}
        label = _json(images=[image], annotations=annotations, metadata=[{"wordorientation": "가로"}])
        yield from _pair(page, File(roots[0], f"{folder}/{stem}.json", label), (roots[1], f"{folder}/{stem}.jpg"))


def various(pages: "Sequence[FakePage]", crops: "Sequence[FakePage]") -> list[File]:
    """aihub-91: crops of handwritten words and letters, printed sheets; corner boxes."""
    files = []
    for page in pages:
        stem = f"0311000{page.number:04d}"
        words = [_sheet_word(word) for word in page.words or []]
        label = _json(info={}, image={"file_name": f"{stem}.jpg", **PAGE_SIZE}, text={"word": words})
        files += _pair(
            page,
            File(f"{NAMES[page.part]}/[라벨]{NAMES[page.part]}_인쇄체", f"3.문장/1/{stem}.json", label),
            (f"{NAMES[page.part]}/[원천]{NAMES[page.part]}_인쇄체", f"3.문장/1/{stem}.jpg"),
        )
    for page in crops:
        text, (_, _, width, height) = _only_word(page)
        stem = f"0211000{page.number:04d}"
        step = width / len(text)
        characters = [
            {"value": char, "charbox": [round(n * step), 0, round((n + 1) * step), height]}
            for n, char in enumerate(text)
        ]
        image = {"file_name": f"{stem}.jpg", "width": width, "height": height}
        label = _json(info={"text": text}, image=image, text={"word": characters})
        files += _pair(
            page,
            File(f"{NAMES[page.part]}/[라벨]{NAMES[page.part]}_필기체", f"2.단어/1/{stem}.json", label),
            (f"{NAMES[page.part]}/[원천]{NAMES[page.part]}_필기체", f"2.단어/1/{stem}.jpg"),
        )
    return files


def _sheet_word(word: "Word") -> dict[str, Any]:
    x, y, width, height = word.box or (10, 10, -4, 20)
    box = [x, y, x + width, y + height]
    return {"value": word.text, "wordbox": box, "letter": [{"value": char, "charbox": box} for char in word.text or ""]}


def typefaces(pages: "Sequence[FakePage]", crops: "Sequence[FakePage]") -> list[File]:
    """aihub-81: one large JSON a part; handwritten and printed crops, photographs with boxes."""
    files, hand, printed, wild = [], _Coco(), _Coco(), _Coco()
    for crop in crops:
        name = f"{crop.number + 1:08d}"
        text, (_, _, width, height) = _only_word(crop)
        image = {"id": name, "width": width, "height": height, "file_name": f"{name}.png"}
        note = {"id": name, "image_id": name, "text": text}
        is_hand = crop.number % 2 == 0
        part, folder = (hand, "01.손글씨/1_word") if is_hand else (printed, "02.인쇄체/word")
        person = {"type": "단어(어절)", "gender": "여", "age": "27", "job": "학생"}
        part.images.append(image)
        part.annotations.append(
            note | {"attributes": person if is_hand else {"type": "단어(어절)", "font": "서울한강", "is_aug": False}}
        )
        files.append(File(folder, f"{name}.png", crop.image or b""))
    for page in pages:
        name = f"FFF2F34A0834{page.number:08X}"
        if page.image is not None:
            files.append(File("04.Text in the wild/book", f"{name}.jpg", page.image))
        if page.words is None:
            continue
        key = f"{page.number + 1:08d}"
        if page.is_label_damaged:
            wild.annotations.append({"id": f"{len(wild.annotations):08d}", "image_id": key, "txt": "글"})
            continue
        wild.images.append({"id": key, **PAGE_SIZE, "file_name": f"{name}.jpg", "type": "book"})
        for word in page.words:
            kind = "ignored" if word.is_illegible else "word"
            note = {
                "id": f"{len(wild.annotations):08d}",
                "image_id": key,
                "text": None if word.is_illegible else word.text,
                "attributes": {"class": kind},
                "bbox": list(word.box) if word.box else [10, 10, "?", 5],
            }
            wild.annotations.append(note)
    names = ("handwriting_data_info_clean", "printed_data_info", "textinthewild_data_info")
    folders = ("01.손글씨", "02.인쇄체", "04.Text in the wild")
    for folder, name, coco in zip(folders, names, (hand, printed, wild), strict=True):
        label = _json(info={"name": "한글"}, images=coco.images, annotations=coco.annotations, licenses=[])
        files.append(File("", f"{folder}/{name}.json", label))
    return files


class _Coco:
    def __init__(self) -> None:
        self.images: list[dict[str, Any]] = []
        self.annotations: list[dict[str, Any]] = []


def _only_word(page: "FakePage") -> tuple[str, tuple[int, int, int, int]]:
    assert page.words and page.words[0].text and page.words[0].box
    return page.words[0].text, page.words[0].box


def _pair(page: "FakePage", label: File, image: tuple[str, str]) -> list[File]:
    """The files of a page that it really has; a damaged label file is cut short."""
    if page.is_label_damaged:
        label = dataclasses.replace(label, data=label.data[: len(label.data) // 2])
    files = [] if page.words is None else [label]
    return files if page.image is None else [*files, File(*image, page.image)]


def _json(**values: Any) -> bytes:
    return json.dumps(values, ensure_ascii=False).encode()


TREES: "dict[str, Callable[[Sequence[FakePage], Sequence[FakePage]], list[File]]]" = {
    "aihub-023": large_public,
    "aihub-105": outdoor,
    "aihub-105-2023": outdoor_2023,
    "aihub-81": typefaces,
    "aihub-88": public_documents,
    "aihub-91": various,
}
