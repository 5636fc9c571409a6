"""An OCR engine for docling (https://docling-project.github.io/docling), which finds it by its entry point.

    from hunmin.docling import HunminOcrOptions
    PdfPipelineOptions(ocr_options=HunminOcrOptions(), allow_external_plugins=True)

or `docling --allow-external-plugins --ocr-engine hunmin scan.pdf`. Nothing else of hunmin imports this module; docling is
installed by whoever uses it, for it brings torchvision.
"""

import math
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import ClassVar, Final, Literal

import numpy as np
from docling.datamodel.accelerator_options import AcceleratorOptions
from docling.datamodel.base_models import Page
from docling.datamodel.document import ConversionResult
from docling.datamodel.pipeline_options import OcrOptions
from docling.models.base_ocr_model import BaseOcrModel
from docling.utils.profiling import TimeRecorder
from docling_core.types.doc import BoundingBox, CoordOrigin
from docling_core.types.doc.page import BoundingRectangle, TextCell
from pydantic import Field

from hunmin.image import MAX_PAGE_PIXELS
from hunmin.pages.detector import load_detector
from hunmin.pages.line import Line
from hunmin.pages.reader import Reader
from hunmin.recognize.recognizer import Recognizer

MOST_SHOWN_PIXELS: Final = MAX_PAGE_PIXELS - 100_000
"""A larger page, such as a poster at docling's usual scale, is rendered smaller; its sides are rounded up."""


class HunminOcrOptions(OcrOptions):
    """How hunmin reads."""

    kind: ClassVar[Literal["hunmin"]] = "hunmin"
    canonicalize_lang: ClassVar[bool] = False
    lang: list[str] = Field(default=["kor", "eng"], description="Says nothing: a model reads what it was trained on.")
    model: str = Field(default="bundled", description="An ONNX file, `bundled`, or `bundled-int8`: faster.")
    language: list[str] = Field(default=[], description="Files of `hunmin language`; `off` reads by the image alone.")


class HunminOcrModel(BaseOcrModel):
    """Reads the parts of a page that docling wants read."""

    multiple_languages = True

    def __init__(
        self,
        enabled: bool,
        artifacts_path: Path | None,
        options: HunminOcrOptions,
        accelerator_options: AcceleratorOptions,
    ) -> None:
        """Load the model, where reading is wanted at all.

        Raises:
            InputError: no such model.
        """
        super().__init__(
            enabled=enabled, artifacts_path=artifacts_path, options=options, accelerator_options=accelerator_options
        )
        if enabled:
            threads = accelerator_options.num_threads
            recognizer = Recognizer(options.model, threads=threads, language=options.language or "default")
            self._reader = Reader(recognizer, load_detector(threads))

    def __call__(self, conv_res: ConversionResult, page_batch: Iterable[Page]) -> Iterator[Page]:
        """Put what was read into each page."""
        for page in page_batch:
            if self.enabled and page._backend is not None and page._backend.is_valid():
                with TimeRecorder(conv_res, "ocr"):
                    self.post_process_cells(self._cells(page), page, conv_res)
            yield page

    def _cells(self, page: Page) -> list[TextCell]:
        cells: list[TextCell] = []
        for area in self.get_ocr_rects(page):
            if area.area() == 0:
                continue
            scale = min(self.options.scale, math.sqrt(MOST_SHOWN_PIXELS / area.area()))
            picture = page._backend.get_page_image(scale=scale, cropbox=area)
            read = self._reader.read(np.asarray(picture.convert("RGB")))
            first = len(cells)
            cells += (
                self._cell(line, area, scale, first + index) for index, line in enumerate(read.lines) if line.text
            )
        return cells

    def _cell(self, line: Line, area: BoundingBox, scale: float, index: int) -> TextCell:
        """A line, from pixels of the picture of `area`, so many a point, to points of the page."""
        corners = [(x / scale + area.l, y / scale + area.t) for x, y in line.box]
        # Theirs go round from the lower left corner, against the clock.
        (x3, y3), (x2, y2), (x1, y1), (x0, y0) = corners
        return TextCell(
            index=index,
            text=line.text,
            orig=line.text,
            confidence=line.confidence,
            from_ocr=True,
            rect=BoundingRectangle(
                r_x0=x0, r_y0=y0, r_x1=x1, r_y1=y1, r_x2=x2, r_y2=y2, r_x3=x3, r_y3=y3, coord_origin=CoordOrigin.TOPLEFT
            ),
        )

    @classmethod
    def get_options_type(cls) -> type[OcrOptions]:
        """What chooses this engine."""
        return HunminOcrOptions


def ocr_engines() -> dict[str, list[type[BaseOcrModel]]]:
    """What docling asks a plugin for."""
    return {"ocr_engines": [HunminOcrModel]}
