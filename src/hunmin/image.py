"""Images in: decoding with limits, and the one preprocessing that training and inference share.

Legend: N batch, H W pixels.
"""

import os
import struct
import threading
import warnings
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from importlib.util import find_spec
from io import BytesIO
from pathlib import Path
from typing import Any, BinaryIO, TypeAlias

import cv2
import numpy as np
from numpy.typing import NDArray
from PIL import Image, UnidentifiedImageError
from PIL.TiffImagePlugin import TiffImageFile

from hunmin.errors import ImageError, InputError, how_to_install
from hunmin.opening import AVIF_BRANDS, HEIF_BRANDS, MAX_FILE_BYTES, opened
from hunmin.pixels import from_16_bits, grey_to_rgb, on_paper
from hunmin.spec import RecognizerSpec

MAX_CROP_PIXELS = 16_000_000
"""The most pixels a crop of one line may have."""
MAX_PAGE_PIXELS = 50_000_000
"""The most pixels a page may have."""
LONGEST_PATH = 4096
"""Bytes; more are no path by mistake."""
MIN_SIDE_PX = 2
"""A shorter side holds no letter."""
MAX_JPEG_SCANS = 200
"""Encoders write about ten; each costs a pass over all pixels, so a small file with thousands would run for minutes."""

FORMATS = ("PNG", "JPEG", "WEBP", "TIFF", "BMP", "GIF", "AVIF")
_FIRST_BYTES = (b"\x89PNG", b"\xff\xd8", b"RIFF", b"II*\0", b"MM\0*", b"BM", b"GIF8")

ImageSource: TypeAlias = Path | str | bytes | BinaryIO | NDArray[np.generic] | Image.Image

# First bytes of what people try as well, so that the message can name it.
_OTHER_FORMATS = {
    b"%PDF": "PDF",
    b"8BPS": "Photoshop",
    b"\x00\x00\x00\x0cjP": "JPEG 2000",
    b"<svg": "SVG",
    b"<?xml": "SVG or other XML",
    b"\x00\x00\x01\x00": "icon",
    b"\xd0\xcf\x11\xe0": "HWP and older Office",
    b"HWP Document": "HWP",
    b"PK\x03\x04": "HWPX, Office or archive",
}

# What lies under an image's name where a download went wrong, in small letters.
_NO_IMAGES = {
    b"version https://": "a pointer of Git LFS and not the image itself; run: git lfs pull",
    b"<!doctype html": "a web page and not an image, as failed downloads leave it; download it again",
    b"<html": "a web page and not an image, as failed downloads leave it; download it again",
    b"data:image/": "an image written as text (data:image/…); decode what follows the comma with base64 -d",
}

# What Pillow's plugins raise on damaged files, found by feeding them mutated ones.
_DECODING_ERRORS = (
    OSError, SyntaxError, ValueError, TypeError, KeyError, IndexError, AttributeError, AssertionError, EOFError,
    OverflowError, ZeroDivisionError, MemoryError, NotImplementedError, RuntimeError, struct.error, zlib.error,
)  # fmt: skip

_TURNS = {
    2: Image.Transpose.FLIP_LEFT_RIGHT,
    3: Image.Transpose.ROTATE_180,
    4: Image.Transpose.FLIP_TOP_BOTTOM,
    5: Image.Transpose.TRANSPOSE,
    6: Image.Transpose.ROTATE_270,
    7: Image.Transpose.TRANSVERSE,
    8: Image.Transpose.ROTATE_90,
}
_ORIENTATION_TAG, _TILE_WIDTH_TAG, _TILE_HEIGHT_TAG = 274, 322, 323
_NEW_SUBFILE_TYPE_TAG = 254
_THUMBNAIL, _MASK = 1, 4  # bits of it
_MOST_DIRECTORIES = 8  # A photo has its thumbnail, previews and masks; a TIFF with more is one of pages.

# Pillow warns about odd files, and our callers may turn warnings into errors. `catch_warnings` changes the whole
# process, so two threads must not be in it at once.
_decoding = threading.RLock()
if hasattr(os, "register_at_fork"):
    # A child would find the lock taken for ever by a thread that it lacks, and warnings switched off. So a fork waits for the
    # image that is being decoded.
    os.register_at_fork(before=_decoding.acquire, after_in_parent=_decoding.release, after_in_child=_decoding.release)


def load_image(
    source: ImageSource, *, max_pixels: int, where: str | None = None, frame: int | None = None
) -> NDArray[np.uint8]:
    """Decode an image, after its header has shown that this is safe.

    Formats are PNG, JPEG, WebP, TIFF, BMP, GIF and AVIF, and with the extra `heif` also HEIC. Grey, 1-bit, palette, CMYK and
    16-bit images become 8-bit RGB, where 8, 10, 12 or 14 bits stored in 16 become as bright as they were meant. What is
    transparent becomes white, or black or grey where that shows what is drawn on it. A photo that its EXIF data calls turned
    is turned back. Files with several pages or frames are refused rather than read in part, but a TIFF's thumbnails and masks
    and a phone's second, hidden picture in a JPEG are passed over.

    Args:
        source: a path, the bytes of a file, an open binary file, a Pillow image, or an array: (H, W), (H, W, 1),
            (H, W, 3) RGB or (H, W, 4) RGBA of dtype uint8, uint16 or bool.
        max_pixels: the most pixels to decode, such as `MAX_PAGE_PIXELS`.
        where: what messages call the image; None takes the path.
        frame: which page to take of a file with several, from 0; None = the file has one. For files alone.

    Returns:
        (H, W, 3) uint8, RGB, C-contiguous.

    Raises:
        ImageError: `code` is one of `not_found`, `is_folder`, `no_permission`, `cannot_be_opened`, `empty`, `unknown_format`,
            `unsupported`, `too_large`, `too_small`, `several_frames`, `unreadable`.
    """
    if isinstance(source, np.ndarray):
        return _from_array(source, max_pixels, where or "image array")
    if isinstance(source, Image.Image):
        where = where or "Pillow image"
        with decoding_errors(where):
            return _from_pillow(source, max_pixels, where)
    if isinstance(source, bytes):
        if len(source) <= LONGEST_PATH and b"\0" not in source and os.path.lexists(source):
            raise ImageError(
                "unsupported", f"{where or 'image bytes'}: bytes are what a file holds; give os.fsdecode(path)"
            )
        return _from_file(BytesIO(source), len(source), max_pixels, where or "image bytes", frame)
    if isinstance(source, (str, Path)):
        path = Path(source)
        where = where or str(path)
        with opened(path, where) as file:
            return _from_file(file, path.stat().st_size, max_pixels, where, frame)
    if not hasattr(source, "read"):
        kinds = "a path, bytes, an open file, a Pillow image or an array"
        raise ImageError("unsupported", f"{where or 'image'}: a {type(source).__name__}; give {kinds}")
    where = where or str(getattr(source, "name", "image stream"))
    try:
        data: object = source.read(MAX_FILE_BYTES + 1)
    except UnicodeDecodeError:
        data = None
    if not isinstance(data, bytes):
        raise ImageError("unsupported", f"{where}: opened as text; open it with mode 'rb'")
    if not data and getattr(source, "seekable", bool)() and source.tell():
        raise ImageError("empty", f"{where}: was read to its end before; go back with seek(0)")
    return _from_file(BytesIO(data), len(data), max_pixels, where, frame)


def scale_to_height(image: NDArray[np.uint8], spec: RecognizerSpec) -> NDArray[np.uint8]:
    """Resize an image to the spec's height and keep its aspect ratio.

    Args:
        image: (H, W) or (H, W, 3) uint8.
        spec: the image format of the recognizer.

    Returns:
        (spec.height_px, spec.scaled_width_px(W, H)) with the same channels; the image itself where it has that height already.
    """
    height, width = image.shape[:2]
    if height == spec.height_px:
        return image
    # Averaging keeps thin strokes when an image shrinks; cubic keeps edges when it grows.
    method = cv2.INTER_AREA if height > spec.height_px else cv2.INTER_CUBIC
    size = (spec.scaled_width_px(width, height), spec.height_px)
    return cv2.resize(image, size, interpolation=method)  # type: ignore[return-value]


def preprocess(image: NDArray[np.uint8], spec: RecognizerSpec, bucket_px: int | None = None) -> NDArray[np.float32]:
    """Scale an image to the spec's height, keep its aspect ratio, normalise it, and pad it on the right.

    The padding is 0, the mean grey of the spec, whatever the image shows; it never depends on other images.

    Args:
        image: (H, W) grey or (H, W, 3) RGB, uint8.
        spec: the image format of the recognizer.
        bucket_px: the padded width; None takes the image's own bucket.

    Returns:
        (3, spec.height_px, bucket_px) float32, `(pixel / 255 - mean) / std`.

    Raises:
        InputError: the image is wider than `spec.max_width_px` or `bucket_px` once it is scaled.
    """
    height, width = image.shape[:2]
    content_px = spec.scaled_width_px(width, height)
    if bucket_px is None:
        bucket_px = spec.bucket_width_px(content_px)
    if content_px > min(bucket_px, spec.max_width_px):
        raise InputError(
            f"a crop of {width}×{height} px is {content_px} px wide at height {spec.height_px}, more than "
            f"{min(bucket_px, spec.max_width_px)}; split it (Recognizer does) or leave it out"
        )
    image = scale_to_height(image, spec)
    scale, shift = 1 / (255 * spec.std), -spec.mean / spec.std
    padded = np.zeros((3, spec.height_px, bucket_px), dtype=np.float32)
    channels = image.transpose(2, 0, 1) if image.ndim == 3 else image[None]  # noqa: PLR2004 - colour
    content = padded[:, :, :content_px]
    np.multiply(channels, np.float32(scale), out=content)
    content += np.float32(shift)
    return padded


def _from_file(file: BinaryIO, num_bytes: int, max_pixels: int, where: str, frame: int | None) -> NDArray[np.uint8]:
    if num_bytes == 0:
        raise ImageError("empty", f"{where}: the file is empty")
    if num_bytes > MAX_FILE_BYTES:
        raise ImageError("too_large", f"{where}: the file has more than {MAX_FILE_BYTES >> 20} MB; compress it")
    head = file.read(16)
    _refuse_endless_jpeg(file, head, where)
    file.seek(0)
    try:
        with decoding_errors(where), _open(file, head, where) as image:
            if frame is not None:
                image.seek(frame)
            return _from_pillow(image, max_pixels, where, is_chosen=frame is not None)
    except UnidentifiedImageError as error:
        raise _unknown_format(head, where) from error


def _open(file: BinaryIO, head: bytes, where: str) -> Image.Image:
    """Have Pillow look at a file's header, or libheif at that of a HEIC file."""
    try:
        return Image.open(file, formats=FORMATS)
    except UnidentifiedImageError:
        if _brand(head) not in HEIF_BRANDS or _brand(head) in AVIF_BRANDS:
            raise
    if find_spec("pillow_heif") is None:
        raise ImageError(
            "unsupported", f"{where}: a HEIC file; save it as JPEG or PNG, or run: {how_to_install('heif')}"
        )
    from pillow_heif import HeifImageFile

    return HeifImageFile(file)  # type: ignore[no-untyped-call] # the package has no types


def _brand(head: bytes) -> bytes:
    """The kind of a file of the ISO base media format, such as `avif`; empty for every other file."""
    return head[8:12] if head[4:8] == b"ftyp" else b""


@contextmanager
def decoding_errors(where: str) -> Iterator[None]:
    """Turn what Pillow raises into an `ImageError`, and keep its warnings in; `UnidentifiedImageError` passes."""
    with _decoding, warnings.catch_warnings():
        warnings.simplefilter("ignore")
        try:
            yield
        except (UnidentifiedImageError, ImageError):
            raise
        except Image.DecompressionBombError as error:
            raise ImageError("too_large", f"{where}: far too many pixels ({error})") from error
        except _DECODING_ERRORS as error:
            reason = " ".join(str(error).split()) or type(error).__name__
            raise ImageError("unreadable", f"{where}: damaged or cut off ({reason}); save it again") from error


def orientation_of(image: Image.Image) -> int:
    """How its EXIF data say that an image lies, 1 to 8; 1, upright, where they are missing or broken, as viewers show it."""
    try:
        orientation = image.getexif().get(_ORIENTATION_TAG)
    except _DECODING_ERRORS:
        return 1
    return orientation if orientation in _TURNS else 1


def _from_pillow(image: Image.Image, max_pixels: int, where: str, *, is_chosen: bool = False) -> NDArray[np.uint8]:
    _check_size(image.width, image.height, max_pixels, where)
    if isinstance(image, TiffImageFile):
        if image.tag_v2.next and not is_chosen:
            _go_to_picture(image, where)
            _check_size(image.width, image.height, max_pixels, where)
    elif not is_chosen and image.format != "MPO" and getattr(image, "is_animated", False):
        raise _several_frames(where)
    if isinstance(image, TiffImageFile):
        _check_tiles(image, max_pixels, where)
    image.load()
    orientation = orientation_of(image)
    if orientation in _TURNS:
        image = image.transpose(_TURNS[orientation])
    if image.mode.startswith("I;16"):
        return grey_to_rgb(from_16_bits(np.asarray(image)))
    if image.mode in ("I", "F"):
        raise ImageError("unsupported", f"{where}: 32-bit pixels have no fixed white; save it with 8 or 16 bits")
    if image.has_transparency_data:
        return on_paper(image.convert("LA").convert("RGBA") if image.mode == "La" else image.convert("RGBA"))
    return np.array(image if image.mode == "RGB" else image.convert("RGB"))


def _from_array(array: NDArray[np.generic], max_pixels: int, where: str) -> NDArray[np.uint8]:
    if array.ndim not in (2, 3) or (array.ndim == 3 and array.shape[2] not in (1, 3, 4)):  # noqa: PLR2004 - axes
        raise ImageError("unsupported", f"{where}: an array of shape {array.shape}; give (H, W) or (H, W, 3)")
    _check_size(array.shape[1], array.shape[0], max_pixels, where)
    if array.dtype.kind == "u" and array.dtype.itemsize == 2:  # noqa: PLR2004 - bytes, in either order
        pixels: NDArray[Any] = from_16_bits(array.astype(np.uint16, copy=False))
    elif array.dtype == np.bool_:
        pixels = array.astype(np.uint8) * np.uint8(255)
    elif array.dtype == np.uint8:
        pixels = array
    else:
        raise ImageError("unsupported", f"{where}: an array of {array.dtype}; give uint8, 0 to 255")
    if pixels.ndim == 2 or pixels.shape[2] == 1:  # noqa: PLR2004 - axes
        return grey_to_rgb(pixels.reshape(pixels.shape[:2]))
    if pixels.shape[2] == 4:  # noqa: PLR2004 - RGBA
        return on_paper(Image.fromarray(np.ascontiguousarray(pixels)))
    return np.ascontiguousarray(pixels)


def _check_size(width: int, height: int, max_pixels: int, where: str) -> None:
    if width * height > max_pixels:
        raise ImageError(
            "too_large",
            f"{where}: {width}×{height} px are more than {max_pixels / 1e6:g} megapixels; scale it down first",
        )
    if min(width, height) < MIN_SIDE_PX:
        raise ImageError(
            "too_small", f"{where}: {width}×{height} px hold no text; give {MIN_SIDE_PX} px a side or more"
        )


def _check_tiles(image: TiffImageFile, max_pixels: int, where: str) -> None:
    """Refuse a small TIFF whose one tile is huge: libtiff decodes whole tiles."""
    width, height = (image.tag_v2.get(tag, 1) for tag in (_TILE_WIDTH_TAG, _TILE_HEIGHT_TAG))
    if isinstance(width, int) and isinstance(height, int):
        _check_size(max(width, MIN_SIDE_PX), max(height, MIN_SIDE_PX), max_pixels, f"{where}, a tile")


def _go_to_picture(image: TiffImageFile, where: str) -> None:
    """Go to the one picture of a TIFF; refuse several, but pass over thumbnails and masks of it (TIFF 6.0, NewSubfileType)."""
    pictures = []
    for number in range(_MOST_DIRECTORIES + 1):  # Pillow would count all pages by walking through them.
        try:
            image.seek(number)
        except EOFError:
            break
        if not accompanies_another(image):
            pictures.append(number)
    else:
        raise _several_frames(where)
    if len(pictures) != 1:
        raise _several_frames(where)
    image.seek(pictures[0])


def accompanies_another(image: TiffImageFile) -> bool:
    """Whether the frame of a TIFF is a thumbnail or a mask of another one."""
    kind = image.tag_v2.get(_NEW_SUBFILE_TYPE_TAG, 0)
    return isinstance(kind, int) and bool(kind & (_THUMBNAIL | _MASK))


def _several_frames(where: str) -> ImageError:
    return ImageError(
        "several_frames", f"{where}: holds several pages or frames; save each as an image file of its own"
    )


def _refuse_endless_jpeg(file: BinaryIO, head: bytes, where: str) -> None:
    if head.startswith(b"\xff\xd8"):
        file.seek(0)
        # Inside pixel data every 0xFF is escaped, so the marker stands for a scan; thumbnails add one or two.
        if file.read().count(b"\xff\xda") > MAX_JPEG_SCANS:
            raise ImageError("too_large", f"{where}: a JPEG of more than {MAX_JPEG_SCANS} scans; save it again")


def _unknown_format(head: bytes, where: str) -> ImageError:
    if head.startswith(_FIRST_BYTES) or _brand(head) in HEIF_BRANDS:
        return ImageError("unreadable", f"{where}: its header is damaged or cut off; save it again")
    no_image = next((told for start, told in _NO_IMAGES.items() if head.lower().startswith(start)), None)
    if no_image:
        return ImageError("unknown_format", f"{where}: {no_image}")
    name = next((name for start, name in _OTHER_FORMATS.items() if head.startswith(start)), None)
    if name:
        way_out = "save it as PNG or JPEG"
        if name == "PDF":
            way_out = "`hunmin read` and `Reader.read_document` take it"
        elif "HWP" in name:
            way_out = "save a document as PDF, or unpack an archive"
        return ImageError("unsupported", f"{where}: {name} files are not read; {way_out}")
    return ImageError(
        "unknown_format",
        f"{where}: not a PNG, JPEG, WebP, TIFF, BMP, GIF or AVIF image and not a PDF, whatever its name",
    )
