"""S1: hostile images never crash a read. S2: bombs are refused before they are decoded."""

import io
import json
import struct
import subprocess
import sys
import time
import zlib
from collections import Counter
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray
from PIL import Image

from hunmin.errors import ImageError
from hunmin.image import MAX_PAGE_PIXELS, load_image
from hunmin.pages.reader import Reader
from hunmin.recognize.recognizer import Recognizer
from hunmin.spec import RecognizerSpec
from hunmin.text.charset import Charset

SPEC = RecognizerSpec.for_charset(Charset("two", "가나"))


def read_nothing(images: NDArray[np.float32]) -> tuple[NDArray[np.int64], NDArray[np.float32]]:
    assert np.isfinite(images).all()
    return np.zeros((len(images), 3), dtype=np.int64), np.full((len(images), 3), -0.01, dtype=np.float32)


def whole_page(image: NDArray[np.uint8]) -> NDArray[np.float32]:
    height, width = image.shape[:2]
    return np.array([[(0, 0), (width, 0), (width, height), (0, height)]], dtype=np.float32)


# --- S1


def healthy_files() -> dict[str, bytes]:
    """Small images of every format and of the odd kinds."""
    rng = np.random.default_rng(0)
    noise = Image.fromarray(rng.integers(0, 255, (24, 40, 3), dtype=np.uint8))
    exif = Image.Exif()
    exif[0x0112] = 6
    exif[0x010E] = "찍은 사진"
    kinds: dict[str, tuple[Image.Image, str, dict[str, object]]] = {
        "rgb.png": (noise, "PNG", {"exif": exif}),
        "palette.png": (noise.convert("P"), "PNG", {"transparency": 3}),
        "grey16.png": (Image.fromarray(rng.integers(0, 65535, (24, 40), dtype=np.uint16)), "PNG", {}),
        "animated.png": (noise, "PNG", {"save_all": True, "append_images": [noise.rotate(180)]}),
        "rgb.jpg": (noise, "JPEG", {"exif": exif, "icc_profile": bytes(200)}),
        "progressive.jpg": (noise, "JPEG", {"progressive": True}),
        "cmyk.jpg": (noise.convert("CMYK"), "JPEG", {}),
        "two.jpg": (noise, "MPO", {"save_all": True, "append_images": [noise]}),
        "lossy.webp": (noise, "WEBP", {"exif": exif}),
        "alpha.webp": (noise.convert("RGBA"), "WEBP", {"lossless": True}),
        "lzw.tif": (noise, "TIFF", {"compression": "tiff_lzw"}),
        "raw.tif": (noise, "TIFF", {"exif": exif}),
        "fax.tif": (noise.convert("1"), "TIFF", {"compression": "group4"}),
        "jpeg.tif": (noise, "TIFF", {"compression": "jpeg"}),
        "pages.tif": (noise, "TIFF", {"save_all": True, "append_images": [noise]}),
        "rgb.bmp": (noise, "BMP", {}),
        "palette.bmp": (noise.convert("P"), "BMP", {}),
        "still.gif": (noise.convert("P"), "GIF", {"transparency": 1}),
        "moving.gif": (noise, "GIF", {"save_all": True, "append_images": [noise.rotate(180)]}),
    }
    files = {}
    for name, (image, format, options) in kinds.items():
        buffer = io.BytesIO()
        image.save(buffer, format, **options)  # type: ignore[arg-type]
        files[name] = buffer.getvalue()
    return files


def mutate(data: bytes, rng: np.random.Generator) -> bytes:
    """Cut, flip, zero, double or overwrite a part; the first bytes often stay, so that a decoder is reached."""
    keep = int(rng.choice([0, 12, 12, 40]))
    body = bytearray(data[keep:])
    at = int(rng.integers(len(body)))
    span = int(rng.integers(1, 32))
    match rng.integers(6):
        case 0:
            del body[at:]
        case 1:
            for position in rng.integers(len(body), size=rng.integers(1, 20)):
                body[position] ^= 1 << int(rng.integers(8))
        case 2:
            body[at : at + span] = bytes(span)
        case 3:
            body[at:at] = body[at : at + span * 8]
        case 4:
            body[at : at + 4] = int(rng.choice([0, 0xFFFFFFFF, 0x7FFFFFFF, 0x80000000])).to_bytes(4)
        case 5:
            body[at : at + span] = rng.bytes(span)
    return data[:keep] + bytes(body)


def test_a_mutated_image_gives_a_reading_or_a_named_error_in_time(rounds: Callable[..., int]) -> None:
    recognizer = Recognizer.from_engine(read_nothing, SPEC)
    reader = Reader(recognizer, whole_page)
    outcomes: Counter[str] = Counter()
    files = list(healthy_files().items())
    for number in range(rounds(short=700, full=7000)):
        name, data = files[number % len(files)]
        hostile = mutate(data, np.random.default_rng([1, number]))
        started = time.process_time()
        try:
            page = reader.read(hostile)
            outcomes["read"] += 1
            assert len(page.lines) == 1
        except ImageError as error:
            outcomes[error.code] += 1
            assert "\n" not in str(error), name
        assert time.process_time() - started < 2, (name, number)
    # Both ways out were taken, so the mutations neither miss the decoders nor break everything at once.
    assert outcomes["read"] > 100
    assert outcomes["unreadable"] > 100


def test_the_healthy_files_are_read_or_refused_for_their_frames() -> None:
    for name, data in healthy_files().items():
        if name in ("animated.png", "pages.tif", "moving.gif"):
            with pytest.raises(ImageError, match="several pages or frames"):
                load_image(data, max_pixels=MAX_PAGE_PIXELS)
        else:
            assert load_image(data, max_pixels=MAX_PAGE_PIXELS).shape in ((24, 40, 3), (40, 24, 3)), name


# --- S2


def png(width: int, height: int, *chunks: tuple[bytes, bytes], rows: bytes = b"") -> bytes:
    header = struct.pack(">IIBBBBB", width, height, 8, 0, 0, 0, 0)
    parts = [(b"IHDR", header), *chunks, (b"IDAT", zlib.compress(rows)), (b"IEND", b"")]
    return b"\x89PNG\r\n\x1a\n" + b"".join(
        struct.pack(">I", len(body)) + name + body + struct.pack(">I", zlib.crc32(name + body)) for name, body in parts
    )


def tiff(width: int, height: int, *more: tuple[int, int]) -> bytes:
    """One deflated grey strip; `more` are further tags."""
    strip = zlib.compress(bytes(10**6))
    tags = {256: width, 257: height, 258: 8, 259: 8, 262: 1, 277: 1, **dict(more)}
    if 322 not in tags:
        tags |= {273: 4096, 278: height, 279: len(strip)}
    entries = b"".join(struct.pack("<HHII", tag, 4, 1, value) for tag, value in sorted(tags.items()))
    directory = b"II*\0" + struct.pack("<IH", 8, len(tags)) + entries + bytes(4)
    return directory.ljust(4096, b"\0") + strip


def gif(width: int, height: int, frames: int = 1) -> bytes:
    frame = b",\0\0\0\0" + struct.pack("<HHB", 1, 1, 0) + b"\x02\x02D\x01\0"
    return b"GIF89a" + struct.pack("<HHBBB", width, height, 0xF0, 0, 0) + bytes(6) + frame * frames + b";"


def webp(width: int, height: int) -> bytes:
    """A flat lossless image of 16×16 that claims another size; a decoder that believes it sets memory aside."""
    buffer = io.BytesIO()
    Image.new("RGB", (16, 16)).save(buffer, "WEBP", lossless=True)
    data = bytearray(buffer.getvalue())
    at = data.index(b"VP8L") + 9
    rest = int.from_bytes(data[at : at + 4], "little") >> 28
    data[at : at + 4] = ((width - 1) | (height - 1) << 14 | rest << 28).to_bytes(4, "little")
    return bytes(data)


def jpeg_of_many_scans() -> bytes:
    """A progressive JPEG whose last scan is repeated a thousand times."""
    buffer = io.BytesIO()
    Image.new("L", (4000, 4000), 90).save(buffer, "JPEG", progressive=True)
    data = buffer.getvalue()
    scan = data[data.rindex(b"\xff\xda") : -2]
    return data[:-2] + scan * 1000 + data[-2:]


def jpeg_of_overlapping_exif() -> bytes:
    """64 KB of EXIF whose 5,000 tags all claim the same 60 KB."""
    entries = b"".join(struct.pack("<HHII", tag, 7, 60_000, 0) for tag in range(5_000))
    exif = b"Exif\0\0II*\0\x08\0\0\0" + struct.pack("<H", 5_000) + entries + bytes(4)
    buffer = io.BytesIO()
    Image.new("L", (16, 16)).save(buffer, "JPEG", exif=exif.ljust(65_000, b"\0"))
    return buffer.getvalue()


def bombs() -> dict[str, bytes]:
    inflated = zlib.compress(bytes(300 * 2**20), 9)
    return {
        "64mp.png": png(8_000, 8_000, rows=bytes(10**6)),
        "900mp.png": png(30_000, 30_000, rows=bytes(10**6)),
        "endless.png": png(2**31 - 1, 2**31 - 1),
        "64mp.tif": tiff(8_000, 8_000),
        "900mp.tif": tiff(30_000, 30_000),
        "64mp.gif": gif(8_000, 8_000),
        "900mp.gif": gif(30_000, 30_000),
        "64mp.webp": webp(8_000, 8_000),
        "268mp.webp": webp(16_384, 16_384),
        "10000_frames.gif": gif(64, 64, frames=10_000),
        "ztxt.png": png(16, 16, (b"zTXt", b"Comment\0\0" + inflated), rows=bytes(17 * 16)),
        "itxt.png": png(16, 16, (b"iTXt", b"Comment\0\1\0\0\0" + inflated), rows=bytes(17 * 16)),
        "iccp.png": png(16, 16, (b"iCCP", b"profile\0\0" + inflated), rows=bytes(17 * 16)),
        "scans.jpg": jpeg_of_many_scans(),
    }


# Reads every file of a folder and prints, for each, the outcome, the processor time and the growth of the peak memory.
# (Not `ru_maxrss`, which a process inherits from the one that started it.)
PROBE = """
import json, re, sys, time
from pathlib import Path
from hunmin.errors import ImageError
from hunmin.image import MAX_PAGE_PIXELS, load_image

def peak_mb():
    return int(re.search(r"VmHWM:\\s+(\\d+) kB", Path("/proc/self/status").read_text())[1]) / 1024

load_image(Path(sys.argv[1]) / "first.png", max_pixels=MAX_PAGE_PIXELS)
outcomes = {}
for path in sorted(Path(sys.argv[1]).glob("bombs/*")):
    before, started = peak_mb(), time.process_time()
    try:
        outcome = str(load_image(path, max_pixels=MAX_PAGE_PIXELS).shape)
    except ImageError as error:
        outcome = error.code
    outcomes[path.name] = outcome, time.process_time() - started, peak_mb() - before
print(json.dumps(outcomes))
"""


def probe(folder: Path, files: dict[str, bytes]) -> dict[str, tuple[str, float, float]]:
    buffer = io.BytesIO()
    Image.new("RGB", (16, 16)).save(buffer, "PNG")
    (folder / "first.png").write_bytes(buffer.getvalue())
    (folder / "bombs").mkdir()
    for name, data in files.items():
        (folder / "bombs" / name).write_bytes(data)
    run = subprocess.run(
        [sys.executable, "-W", "error", "-c", PROBE, str(folder)], capture_output=True, text=True, check=True
    )
    assert "Warning" not in run.stderr
    outcomes: dict[str, tuple[str, float, float]] = json.loads(run.stdout)
    return outcomes


@pytest.mark.skipif(sys.platform != "linux", reason="peak memory is read from /proc")
def test_bombs_are_refused_at_once_and_without_memory(tmp_path: Path) -> None:
    files = bombs()
    outcomes = probe(tmp_path, files)
    assert outcomes.keys() == files.keys()
    for name, (outcome, seconds, growth_mb) in outcomes.items():
        wanted = {"10000_frames.gif": "several_frames", "ztxt.png": "unreadable", "itxt.png": "unreadable"}
        assert outcome == wanted.get(name, "unreadable" if name == "iccp.png" else "too_large"), name
        assert seconds < 0.5, (name, seconds)
        assert growth_mb < 50, (name, growth_mb)


@pytest.mark.skipif(sys.platform != "linux", reason="peak memory is read from /proc")
def test_tricks_inside_small_images_cost_neither_time_nor_memory(tmp_path: Path) -> None:
    text = (b"zTXt", b"Comment\0\0" + zlib.compress(bytes(900_000)))
    files = {
        "exif.jpg": jpeg_of_overlapping_exif(),
        "tile.tif": tiff(16, 16, (322, 40_000), (323, 40_000), (324, 4096), (325, 1000)),
        "texts.png": png(16, 16, *[text] * 200, rows=bytes(17 * 16)),
        "samples.tif": tiff(16, 16, (277, 2**31)),
    }
    for name, (outcome, seconds, growth_mb) in probe(tmp_path, files).items():
        assert outcome in ("(16, 16, 3)", "too_large", "unreadable"), (name, outcome)
        assert seconds < 1, (name, seconds)
        assert growth_mb < 100, (name, growth_mb)


@pytest.mark.parametrize(("kind", "cap"), [("crop", 16), ("page", 50)])
def test_crops_and_pages_have_caps_of_their_own(kind: str, cap: int) -> None:
    recognizer = Recognizer.from_engine(read_nothing, SPEC)
    reader = Reader(recognizer, whole_page)
    read = {"crop": lambda image: recognizer.recognize([image]), "page": reader.read}[kind]
    with pytest.raises(ImageError, match=f"more than {cap} megapixels"):
        read(np.zeros((1_000, cap * 1_000 + 1), dtype=np.uint8))
    assert read(np.zeros((500, cap * 500), dtype=np.uint8))
