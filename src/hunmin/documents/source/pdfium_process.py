"""The program that runs PDFium on one PDF, in a process of its own.

A PDF can be built so that it takes hours to draw or all memory there is, and PDFium cannot be interrupted; a process can
be ended. It has a bounded address space where the system offers that, and ends when its parent does.

It imports nothing of hunmin, so that it starts in a tenth of a second, and is run by its path. It reads one JSON object a
line and answers each with one line of JSON, after that of a rendered page with its pixels:

    {"path": …, "password": …}                        → {"num_pages": …}
    {"look": number}                                  → what `_look` gives
    {"render": number, "width_px": …, "height_px": …} → {"stride": …, "num_bytes": …} and BGR pixels

What goes wrong is {"error": PDFium's code or null, "reason": …}.
"""

import ctypes
import json
import os
import queue
import sys
import threading
from itertools import islice
from typing import Any, BinaryIO

MOST_MEMORY_BYTES = 4 * 2**30
MOST_CHARACTERS = 200_000
"""A text layer with more is not looked at; a page of a newspaper has 20,000."""
IMAGE_DEPTH = 3
"""How many forms deep images are looked for."""
MOST_OBJECTS = 20_000
"""A page with more objects is drawn rather than scanned, and counting on would take long."""
INVISIBLE = 3


def main() -> None:
    """Answer until there is nothing more to read."""
    answers = os.fdopen(os.dup(1), "wb")
    os.dup2(2, 1)  # whatever a library prints must not stand among the answers
    _bound_memory()
    requests: queue.Queue[dict[str, Any]] = queue.Queue()
    threading.Thread(target=_listen, args=(requests,), daemon=True).start()
    import pypdfium2

    document, page, number = None, None, 0
    while True:
        request = requests.get()
        try:
            if document is None:
                document = pypdfium2.PdfDocument(request["path"], password=request["password"])
                document.init_forms()  # so that what is filled into form fields is drawn
                _send(answers, {"num_pages": len(document)})
                continue
            wanted = request.get("look") or request["render"]
            if page is None or number != wanted:
                if page is not None:
                    page.close()
                page, number = None, wanted
                page = document[number - 1]
            if "look" in request:
                _send(answers, _look(page))
            else:
                _render(page, request["width_px"], request["height_px"], answers)
        except (pypdfium2.PdfiumError, MemoryError, OSError) as error:
            _send(answers, {"error": getattr(error, "err_code", None), "reason": str(error) or type(error).__name__})


def _listen(requests: "queue.Queue[dict[str, Any]]") -> None:
    for line in sys.stdin.buffer:
        requests.put(json.loads(line))
    os._exit(0)  # the parent is gone or has had enough; PDFium may still be at work


def _bound_memory() -> None:
    try:
        import resource
    except ImportError:  # not on Windows
        return
    resource.setrlimit(resource.RLIMIT_AS, (MOST_MEMORY_BYTES, MOST_MEMORY_BYTES))


def _send(answers: BinaryIO, answer: dict[str, Any]) -> None:
    answers.write(json.dumps(answer).encode() + b"\n")
    answers.flush()


def _look(page: Any) -> dict[str, Any]:
    """Size and place of a page, in points, and its text layer."""
    text_page = page.get_textpage()
    try:
        width, height = page.get_size()
        return {
            "width": width,
            "height": height,
            "box": page.get_bbox(),
            "rotation": page.get_rotation(),
            "characters": _characters(text_page),
            "is_stamped_scan": _is_scan_with_visible_text(page, width * height),
            "may_have_rules": _may_have_rules(page),
        }
    finally:
        text_page.close()


def _characters(text_page: Any) -> list[tuple[int, bool, list[float]]]:
    """Of each character its UTF-16 unit or code point, whether its font says so, and left, bottom, right and top in user space.

    What PDFium only understands to be there, such as line ends, has no box.
    """
    from pypdfium2 import raw

    found = []
    rectangle, count = raw.FS_RECTF(), raw.FPDFText_CountChars(text_page)
    for index in range(count if count <= MOST_CHARACTERS else 0):
        code = raw.FPDFText_GetUnicode(text_page, index)
        ends_line = raw.FPDFText_IsHyphen(text_page, index) == 1
        if ends_line:  # PDFium has a code of its own for it, and leaves out the line end
            code = ord("-")
        box = []
        if not raw.FPDFText_IsGenerated(text_page, index) and raw.FPDFText_GetLooseCharBox(
            text_page, index, ctypes.byref(rectangle)
        ):
            box = [rectangle.left, rectangle.bottom, rectangle.right, rectangle.top]
        found.append((code, code != 0 and raw.FPDFText_HasUnicodeMapError(text_page, index) != 1, box))
        if ends_line:
            found.append((ord("\n"), True, []))
    return found


def _is_scan_with_visible_text(page: Any, area: float) -> bool:
    """Whether images cover much of the page and text on it is visible, and so not what was read in them before."""
    from pypdfium2 import raw

    most_drawn = 0.4 * area
    covered, has_visible_text = 0.0, False
    kinds = [raw.FPDF_PAGEOBJ_IMAGE, raw.FPDF_PAGEOBJ_TEXT]
    for item in islice(page.get_objects(filter=kinds, max_depth=IMAGE_DEPTH), MOST_OBJECTS):
        if item.type == raw.FPDF_PAGEOBJ_TEXT:
            has_visible_text = has_visible_text or raw.FPDFTextObj_GetTextRenderMode(item) != INVISIBLE
        else:
            left, bottom, right, top = item.get_bounds()
            covered += max(0.0, right - left) * max(0.0, top - bottom)
    return has_visible_text and covered > most_drawn


def _may_have_rules(page: Any) -> bool:
    """Whether anything but text is drawn: a table needs three lines at least, an image may hold any number."""
    from pypdfium2 import raw

    kinds = [raw.FPDF_PAGEOBJ_PATH, raw.FPDF_PAGEOBJ_IMAGE, raw.FPDF_PAGEOBJ_SHADING]
    return any(True for _ in page.get_objects(filter=kinds, max_depth=IMAGE_DEPTH))


def _render(page: Any, width_px: int, height_px: int, answers: BinaryIO) -> None:
    """Draw a page on white, with its annotations and form fields."""
    import pypdfium2
    from pypdfium2 import raw

    bitmap = pypdfium2.PdfBitmap.new_native(width_px, height_px, raw.FPDFBitmap_BGR)
    try:
        bitmap.fill_rect((255, 255, 255, 255), 0, 0, width_px, height_px)
        where = (bitmap, page, 0, 0, width_px, height_px, 0, raw.FPDF_ANNOT)
        raw.FPDF_RenderPageBitmap(*where)
        if page.formenv:
            raw.FPDF_FFLDraw(page.formenv, *where)
        pixels = memoryview(bitmap.buffer).cast("B")
        _send(answers, {"stride": bitmap.stride, "num_bytes": len(pixels)})
        answers.write(pixels)
        answers.flush()
    finally:
        bitmap.close()


if __name__ == "__main__":
    main()
