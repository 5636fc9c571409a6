"""Pages of a PDF made of images: a JPEG's bytes as they are, everything else without loss."""

import zlib
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from typing import TYPE_CHECKING, Any, Final

from PIL import Image, UnidentifiedImageError

from hunmin.documents.page import DocumentPage
from hunmin.documents.source.images import ImageFile
from hunmin.documents.source.pdf import DEFAULT_DPI, POINTS_AN_INCH
from hunmin.image import MAX_PAGE_PIXELS, decoding_errors, load_image, orientation_of
from hunmin.opening import opened

if TYPE_CHECKING:
    import pikepdf

MOST_POINTS: Final = 14_400
"""The longest side of a page (PDF 32000-1, annex C); a longer one is made smaller."""
# Where the unit square of the stored picture goes so that it stands upright, for each EXIF orientation.
_UPRIGHT: Final = {
    1: (1, 0, 0, 1, 0, 0),
    2: (-1, 0, 0, 1, 1, 0),
    3: (-1, 0, 0, -1, 1, 1),
    4: (1, 0, 0, -1, 0, 1),
    5: (0, -1, -1, 0, 1, 1),
    6: (0, -1, 1, 0, 0, 1),
    7: (0, 1, 1, 0, 0, 0),
    8: (0, 1, -1, 0, 1, 0),
}


def add_image_page(pdf: "pikepdf.Pdf", source: ImageFile, page: DocumentPage) -> "pikepdf.Page":
    """Add a page that shows one page of an image file in the size that its resolution gives it.

    Args:
        pdf: what it becomes the last page of.
        source: the image file.
        page: which page of it, with its size upright.
    """
    from pikepdf import Array, Dictionary, Name, Page, Stream

    dpi = max(page.dpi or DEFAULT_DPI, max(page.width_px, page.height_px) * POINTS_AN_INCH / MOST_POINTS)
    width, height = (side * POINTS_AN_INCH / dpi for side in (page.width_px, page.height_px))
    picture, orientation = _picture(pdf, source, page.number)
    a, b, c, d, e, f = _UPRIGHT[orientation]
    matrix = (a * width, b * height, c * width, d * height, e * width, f * height)
    content = f"q {' '.join(f'{value:.4f}' for value in matrix)} cm /Scan Do Q\n".encode("ascii")
    added = Dictionary(
        Type=Name.Page,
        MediaBox=Array([0, 0, round(width, 4), round(height, 4)]),
        Resources=Dictionary(XObject=Dictionary(Scan=pdf.make_indirect(picture))),
        Contents=pdf.make_indirect(Stream(pdf, content)),
    )
    pdf.pages.append(Page(pdf.make_indirect(added)))
    return pdf.pages[-1]


def _picture(pdf: "pikepdf.Pdf", source: ImageFile, number: int) -> tuple[Any, int]:
    """The image as an object of the PDF, and the EXIF orientation it is stored in."""
    from pikepdf import Name, Stream

    jpeg = _as_jpeg(source)
    if jpeg:
        data, size, mode, orientation = jpeg
        stream = Stream(pdf, data)
        stream.Filter = Name.DCTDecode
        return _described(stream, size, "/DeviceGray" if mode == "L" else "/DeviceRGB", 8), orientation
    frame = source.frames[number - 1]
    bits = _bilevel(source, frame)
    if bits:
        data, size = bits
        return _described(_deflated(pdf, data), size, "/DeviceGray", 1), 1
    pixels = load_image(source.path, max_pixels=MAX_PAGE_PIXELS, frame=frame)
    height, width = pixels.shape[:2]
    is_grey = bool((pixels[:, :, 0] == pixels[:, :, 1]).all() and (pixels[:, :, 1] == pixels[:, :, 2]).all())
    data = (pixels[:, :, 0] if is_grey else pixels).tobytes()
    return _described(_deflated(pdf, data), (width, height), "/DeviceGray" if is_grey else "/DeviceRGB", 8), 1


def _as_jpeg(source: ImageFile) -> tuple[bytes, tuple[int, int], str, int] | None:
    """Bytes, size, mode and orientation of a JPEG that PDF viewers show as we do; None for any other image."""
    with _pillow_image(source) as image:
        if image is None or image.format not in ("JPEG", "MPO") or image.mode not in ("L", "RGB"):
            return None
        return source.path.read_bytes(), image.size, image.mode, orientation_of(image)


def _bilevel(source: ImageFile, frame: int | None) -> tuple[bytes, tuple[int, int]] | None:
    """Packed bits, 1 for white, and size of a picture of black and white; None for any other image."""
    with _pillow_image(source) as image:
        if image is None:
            return None
        if frame is not None:
            image.seek(frame)
        if image.mode != "1" or orientation_of(image) != 1:
            return None
        return image.tobytes(), image.size


@contextmanager
def _pillow_image(source: ImageFile) -> Iterator[Image.Image | None]:
    """The file as Pillow opens it; None of a HEIC, which needs another library."""
    with opened(source.path) as file, decoding_errors(str(source.path)), ExitStack() as opening:
        try:
            image = opening.enter_context(Image.open(file))
        except UnidentifiedImageError:
            image = None
        yield image


def _described(stream: Any, size: tuple[int, int], colours: str, bits: int) -> Any:
    from pikepdf import Name

    stream.Type, stream.Subtype = Name.XObject, Name.Image
    stream.Width, stream.Height = size
    stream.ColorSpace, stream.BitsPerComponent = Name(colours), bits
    return stream


def _deflated(pdf: "pikepdf.Pdf", data: bytes) -> Any:
    from pikepdf import Name, Stream

    stream = Stream(pdf, zlib.compress(data, 6))
    stream.Filter = Name.FlateDecode
    return stream
