"""R19: whatever a PDF is like, every page comes back or is named with what is wrong, and what was on the pages stays."""

import json
import resource
import time
from collections import Counter
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pikepdf
import pytest
from pikepdf import Dictionary, Name, Pdf, Stream

from hunmin.documents.reader import Reader
from hunmin.errors import ImageError
from tests.documents.paper import block_reader, scan_pdf, text_pdf

CODES = {"unreadable", "encrypted", "empty", "unknown_format", "too_slow", "too_large"}
MOST_SECONDS = 60.0
MOST_MEMORY_KIB = 2**20


@pytest.fixture(scope="module")
def reader() -> Reader:
    return block_reader()


def healthy(folder: Path) -> list[bytes]:
    """Scans, text, layers, and files of which more is packed."""
    scan = scan_pdf(folder / "scan.pdf", num_pages=3)
    text = text_pdf(folder / "text.pdf", ["대한민국 헌법", "유구한 역사"], drawn=b"0 0 m 300 0 l S ")
    broken = text_pdf(folder / "broken.pdf", ["대한민국 헌법"], has_to_unicode=False)
    secret = scan_pdf(folder / "secret.pdf", encryption=pikepdf.Encryption(owner="주인", user="", R=6))
    with pikepdf.open(scan) as pdf:
        pdf.save(folder / "packed.pdf", object_stream_mode=pikepdf.ObjectStreamMode.generate, compress_streams=True)
    return [path.read_bytes() for path in (scan, text, broken, secret, folder / "packed.pdf")]


def mutated(data: bytes, rng: np.random.Generator) -> bytes:
    """The file with a few things wrong."""
    damaged = bytearray(data)
    for _ in range(int(rng.integers(1, 6))):
        at, length = int(rng.integers(0, len(damaged))), int(rng.integers(1, 60))
        what = rng.integers(0, 5)
        if what == 0:
            damaged[at] = int(rng.integers(0, 256))
        elif what == 1:
            del damaged[at : at + length]
        elif what == 2:
            damaged[at:at] = damaged[at : at + length]
        elif what == 3:
            # A number, a name or a reference becomes another one.
            words = [b"0", b"-1", b"99999999999", b"1 0 R", b"/Page", b"null", b"[", b"<<", b"(", b"1e99"]
            spaces = [index for index, byte in enumerate(damaged[:4000]) if byte == ord(" ")]
            start = int(rng.choice(spaces)) if spaces else 0
            damaged[start + 1 : start + 1 + int(rng.integers(1, 4))] = words[int(rng.integers(len(words)))]
        else:
            del damaged[int(len(damaged) * rng.uniform(0.3, 1.0)) :]
        if len(damaged) < 20:
            break
    return bytes(damaged)


def test_a_mutated_pdf_gives_every_page_or_a_named_error_and_keeps_what_was_on_them(
    reader: Reader, tmp_path: Path, rounds: Callable[..., int]
) -> None:
    files = healthy(tmp_path)
    outcomes: Counter[str] = Counter()
    for number in range(rounds(short=40, full=1000)):
        rng = np.random.default_rng([19, number])
        path, out = tmp_path / "mutated.pdf", tmp_path / "out.searchable.pdf"
        path.write_bytes(mutated(files[number % len(files)], rng))
        began = time.monotonic()
        try:
            document = reader.read_document(path, dpi=72, force=bool(number % 2))
            document.save(out, tmp_path / "out.json")
        except ImageError as error:
            assert error.code in CODES, f"{number}: {error}"
            assert str(path) in str(error), number
            outcomes[error.code] += 1
            continue
        finally:
            assert time.monotonic() - began < MOST_SECONDS, number
        pages = json.loads((tmp_path / "out.json").read_text("utf-8"))["pages"]
        assert [page["number"] for page in pages] == list(document.page_numbers), number
        assert all(page["error"]["code"] in CODES for page in pages if "error" in page), number
        assert_kept(path, out, number)
        outcomes["pages"] += 1
    assert outcomes["pages"]
    assert outcomes["unreadable"]
    # A child that is forked counts the pages of its parent, too, until it becomes another program.
    own_kib = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    assert resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss < own_kib + MOST_MEMORY_KIB


def assert_kept(path: Path, out: Path, number: int) -> None:
    """Every stream that a page drew is still drawn."""
    with pikepdf.open(path) as before, pikepdf.open(out) as after:
        assert len(before.pages) == len(after.pages), number
        for old, new in zip(before.pages, after.pages, strict=True):
            given, kept = (_contents(page) for page in (old, new))
            assert b"Tr" in b"".join(given) or all(content in kept for content in given), number


def _contents(page: pikepdf.Page) -> list[bytes]:
    contents = page.obj.get("/Contents")
    streams = contents if isinstance(contents, pikepdf.Array) else [contents]
    return [_decoded(one) for one in streams if isinstance(one, Stream)]


def _decoded(stream: Stream) -> bytes:
    try:
        return bytes(stream.read_bytes())
    except pikepdf.PdfError:
        return bytes(stream.read_raw_bytes())


@pytest.mark.slow
@pytest.mark.parametrize("kind", ["blank content", "image", "path"])
def test_what_is_huge_once_unpacked_is_named_or_drawn_in_time(kind: str, reader: Reader, tmp_path: Path) -> None:
    path = tmp_path / "bomb.pdf"
    with Pdf.new() as pdf:
        page = pdf.add_blank_page(page_size=(200, 200))
        if kind == "blank content":
            page.obj.Contents = pdf.make_stream(b" " * 400_000_000)
        elif kind == "image":
            image = pdf.make_stream(bytes(400_000_000))
            image.Type, image.Subtype, image.Width, image.Height = Name.XObject, Name.Image, 40_000, 80_000
            image.ColorSpace, image.BitsPerComponent = Name.DeviceGray, 1
            page.obj.Resources = Dictionary(XObject=Dictionary(Scan=image))
            page.obj.Contents = pdf.make_stream(b"200 0 0 200 0 0 cm /Scan Do")
        else:
            page.obj.Contents = pdf.make_stream(b"0 0 m " * 20_000_000 + b"S")
        pdf.save(path, compress_streams=True)
    assert path.stat().st_size < 2_000_000
    began = time.monotonic()
    try:
        (read,) = reader.read_document(path, dpi=72, force=True)
    except ImageError as error:
        assert error.code in CODES
    else:
        assert read.error is None
    assert time.monotonic() - began < 2 * MOST_SECONDS
