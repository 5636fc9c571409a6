"""The fast way to decode gives what the careful way gives, or leaves the file to it."""

from io import BytesIO

import numpy as np
import pytest
from PIL import Image

from hunmin.data.store.codec import decode_image, encode_image
from hunmin.errors import ImageError
from hunmin.image import load_image

RNG = np.random.default_rng(0)
COLOUR = Image.fromarray(RNG.integers(0, 256, (9, 13, 3), dtype=np.uint8)).resize((53, 31), Image.Resampling.BICUBIC)
GREY = COLOUR.convert("L")
TURNED = Image.Exif()
TURNED[0x0112] = 6


def saved(image: Image.Image, image_format: str, **options: object) -> bytes:
    buffer = BytesIO()
    image.save(buffer, image_format, **options)
    return buffer.getvalue()


FILES = {
    "png": saved(COLOUR, "PNG"),
    "grey png": saved(GREY, "PNG"),
    "16-bit png": saved(GREY.convert("I;16"), "PNG"),
    "palette png": saved(COLOUR.convert("P"), "PNG"),
    "transparent png": saved(COLOUR.convert("RGBA").rotate(30), "PNG"),
    "png with a transparent colour": saved(COLOUR, "PNG", transparency=COLOUR.getpixel((0, 0))),
    "turned png": saved(COLOUR, "PNG", exif=TURNED),
    "jpeg": saved(COLOUR, "JPEG"),
    "jpeg 4:4:4": saved(COLOUR, "JPEG", subsampling=0, quality=95),
    "grey jpeg": saved(GREY, "JPEG"),
    "jpeg with a comment": saved(COLOUR, "JPEG", comment=b"\xff\xd9 a comment"),
    "progressive jpeg": saved(COLOUR, "JPEG", progressive=True),
    "cmyk jpeg": saved(COLOUR.convert("CMYK"), "JPEG"),
    "turned jpeg": saved(COLOUR, "JPEG", exif=TURNED),
    "webp": saved(COLOUR, "WEBP", lossless=True),
}


@pytest.mark.parametrize("name", FILES)
def test_a_decoded_crop_is_what_load_image_gives(name: str) -> None:
    found = decode_image(FILES[name], where="crop")
    if found.ndim == 2:
        found = np.repeat(found[:, :, None], 3, axis=2)
    np.testing.assert_array_equal(found, load_image(FILES[name], max_pixels=10_000))


@pytest.mark.parametrize("name", ["png", "grey png", "jpeg", "grey jpeg"])
def test_a_file_that_is_cut_short_anywhere_is_an_error(name: str) -> None:
    encoded = FILES[name]
    for length in range(0, len(encoded) - 12, 23):
        with pytest.raises(ImageError, match="crop: "):
            decode_image(encoded[:length], where="crop")


def test_a_header_that_promises_too_many_pixels_is_refused_before_decoding() -> None:
    bomb = bytearray(encode_image(np.zeros((20, 30), np.uint8)))
    bomb[16:24] = (60_000).to_bytes(4) * 2
    with pytest.raises(ImageError, match="crop: "):
        decode_image(bytes(bomb), where="crop")


def test_png_keeps_every_pixel() -> None:
    for image in (np.asarray(COLOUR), np.asarray(GREY)):
        np.testing.assert_array_equal(decode_image(encode_image(image), where="crop"), image)
