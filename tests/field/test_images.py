"""Image files as phones, scanners, browsers and broken downloads leave them: each is read whole, or told by what it is."""

import io
from collections.abc import Callable
from typing import Any

import numpy as np
import pillow_heif
import pytest
from PIL import Image, ImageDraw

from hunmin.drawing import draw_text
from hunmin.errors import ImageError
from hunmin.image import MAX_PAGE_PIXELS, load_image

QUARTER = Image.Transpose.ROTATE_90
TURNED = 6
"""The EXIF orientation that undoes `QUARTER`."""


def line() -> Image.Image:
    picture = Image.new("RGB", (260, 60), "white")
    draw_text(ImageDraw.Draw(picture), (20, 30), "합계 4,500원", 32, (0, 0, 0))
    return picture


def encoded(image: Image.Image, form: str, **options: Any) -> bytes:
    content = io.BytesIO()
    image.save(content, form, **options)
    return content.getvalue()


def exif(orientation: int) -> Image.Exif:
    found = Image.Exif()
    found[274] = orientation
    return found


def heic(*pictures: Image.Image) -> bytes:
    file, content = pillow_heif.HeifFile(), io.BytesIO()
    for picture in pictures:
        file.add_from_pillow(picture)
    file.save(content, quality=-1)
    return content.getvalue()


READ: dict[str, Callable[[], bytes]] = {
    "CMYK JPEG": lambda: encoded(line().convert("CMYK"), "JPEG", quality=95),
    "CMYK TIFF": lambda: encoded(line().convert("CMYK"), "TIFF"),
    "fax TIFF of 1 bit": lambda: encoded(line().convert("1"), "TIFF", compression="group4"),
    "fax TIFF in which 0 is white": lambda: encoded(
        line().convert("1"), "TIFF", compression="group4", tiffinfo={262: 0}
    ),
    "JPEG in a TIFF": lambda: encoded(line(), "TIFF", compression="jpeg"),
    "palette with a transparent colour": lambda: encoded(line().quantize(4), "PNG", transparency=0),
    "grey with transparency": lambda: encoded(line().convert("LA"), "PNG"),
    "16 bits": lambda: encoded(Image.fromarray(np.asarray(line().convert("L")).astype(np.uint16) * 257), "PNG"),
    "progressive JPEG": lambda: encoded(line(), "JPEG", progressive=True, quality=95),
    "JPEG with bytes after its end": lambda: encoded(line(), "JPEG", quality=95) + bytes(1000),
    "broken colour profile": lambda: encoded(line(), "PNG", icc_profile=b"no profile"),
    "AVIF": lambda: encoded(line(), "AVIF", quality=95),
    "HEIC": lambda: heic(line()),
    "turned JPEG": lambda: encoded(line().transpose(QUARTER), "JPEG", exif=exif(TURNED), quality=95),
    "turned WebP": lambda: encoded(line().transpose(QUARTER), "WEBP", exif=exif(TURNED).tobytes(), lossless=True),
    "turned TIFF": lambda: encoded(line().transpose(QUARTER), "TIFF", exif=exif(TURNED)),
    "turned PNG": lambda: encoded(line().transpose(QUARTER), "PNG", exif=exif(TURNED)),
    "turned AVIF": lambda: encoded(line().transpose(QUARTER), "AVIF", exif=exif(TURNED).tobytes(), quality=95),
}
TWO = {"save_all": True, "append_images": [Image.new("RGB", (260, 60), "white")]}
REFUSED: dict[str, tuple[Callable[[], bytes], str, str]] = {
    "no bytes": (lambda: b"", "empty", "the file is empty"),
    "half a JPEG": (lambda: encoded(line(), "JPEG")[:1500], "unreadable", "damaged or cut off"),
    "half a HEIC": (lambda: heic(line())[:500], "unreadable", "damaged or cut off"),
    "half an AVIF": (lambda: encoded(line(), "AVIF")[:300], "unreadable", "damaged or cut off"),
    "animated GIF": (lambda: encoded(line(), "GIF", **TWO), "several_frames", "several pages or frames"),
    "animated WebP": (lambda: encoded(line(), "WEBP", **TWO), "several_frames", "several pages or frames"),
    "animated PNG": (lambda: encoded(line(), "PNG", **TWO), "several_frames", "several pages or frames"),
    "a burst of HEIC": (lambda: heic(line(), line()), "several_frames", "several pages or frames"),
    "a pointer of Git LFS": (
        lambda: b"version https://git-lfs.github.com/spec/v1\noid sha256:0\nsize 9\n",
        "unknown_format",
        "a pointer of Git LFS and not the image itself; run: git lfs pull",
    ),
    "a web page": (lambda: b"<!DOCTYPE html><title>404", "unknown_format", "a web page and not an image"),
    "an image as text": (lambda: b"data:image/png;base64,iVBO", "unknown_format", "base64 -d"),
}


@pytest.mark.parametrize("kind", READ)
def test_every_kind_of_file_shows_the_same_line(kind: str) -> None:
    pixels = load_image(READ[kind](), max_pixels=MAX_PAGE_PIXELS)
    wanted = np.asarray(line())
    assert pixels.shape == wanted.shape
    assert np.abs(pixels.astype(int) - wanted).mean() < 6


@pytest.mark.parametrize("kind", REFUSED)
def test_what_cannot_be_read_whole_is_told_by_what_it_is(kind: str) -> None:
    content, code, told = REFUSED[kind]
    with pytest.raises(ImageError, match=told) as caught:
        load_image(content(), max_pixels=MAX_PAGE_PIXELS)
    assert caught.value.code == code


def test_without_its_extra_a_heic_photo_is_told_how_to_read_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("hunmin.image.find_spec", lambda name: None)
    with pytest.raises(
        ImageError, match=r"a HEIC file; save it as JPEG or PNG, or run: pip install '\.\[heif\]'"
    ) as caught:
        load_image(heic(line()), max_pixels=MAX_PAGE_PIXELS)
    assert caught.value.code == "unsupported"
