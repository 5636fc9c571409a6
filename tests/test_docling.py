"""The engine for docling, through docling's own pipeline, with its models of layout and tables left out."""

from pathlib import Path
from typing import Any, ClassVar

import pypdfium2
import pytest
from PIL import Image, ImageDraw

from hunmin.drawing import draw_text

pytest.importorskip("docling.models.base_ocr_model", reason="docling is not installed")
pytest.importorskip("torch", reason="docling's converter imports torch")
import docling.models.plugins.defaults as engines
from docling.backend.pypdfium2_backend import PyPdfiumDocumentBackend
from docling.datamodel.base_models import InputFormat, LayoutPrediction
from docling.datamodel.pipeline_options import BaseLayoutOptions, OcrMode, PdfPipelineOptions, TableStructureOptions
from docling.document_converter import DocumentConverter, PdfFormatOption
from docling.models.factories import get_ocr_factory

from hunmin.docling import HunminOcrModel, HunminOcrOptions
from hunmin.errors import InputError

pytestmark = pytest.mark.filterwarnings("ignore::DeprecationWarning")  # docling's own


LINES = {"도서관 운영 결과 보고": (40, 80), "2025년 7월 14일": (200, 200), "열람석을 다시 배치함": (90, 330)}


class NoLayoutOptions(BaseLayoutOptions):
    kind: ClassVar[str] = "none"


class NoLayout:
    requires_layout_postprocessing = True

    def __init__(self, **values: Any) -> None: ...

    @classmethod
    def get_options_type(cls) -> type[BaseLayoutOptions]:
        return NoLayoutOptions

    def __call__(self, conversion: Any, pages: Any) -> Any:
        for page in pages:
            page.predictions.layout = LayoutPrediction(clusters=[])
            yield page


class NoTables:
    def __init__(self, **values: Any) -> None: ...

    @classmethod
    def get_options_type(cls) -> type[TableStructureOptions]:
        return TableStructureOptions

    def __call__(self, conversion: Any, pages: Any) -> Any:
        yield from pages


def test_docling_finds_the_engine_by_its_entry_point_where_that_is_allowed() -> None:
    assert get_ocr_factory(allow_external_plugins=True).classes[HunminOcrOptions] is HunminOcrModel
    assert HunminOcrOptions not in get_ocr_factory(allow_external_plugins=False).classes


def test_a_scan_is_read_and_every_line_stands_where_it_is_seen(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(engines, "layout_engines", lambda: {"layout_engines": [NoLayout]})
    monkeypatch.setattr(engines, "table_structure_engines", lambda: {"table_structure_engines": [NoTables]})
    page = Image.new("RGB", (600, 400), "white")
    for text, (left, middle) in LINES.items():
        draw_text(ImageDraw.Draw(page), (left, middle), text, 40, (0, 0, 0))
    page.save(tmp_path / "scan.pdf", resolution=72)
    options = PdfPipelineOptions(
        do_table_structure=False,
        ocr_options=HunminOcrOptions(model="bundled-int8", mode=OcrMode.FULL_PAGE),
        layout_options=NoLayoutOptions(),
        allow_external_plugins=True,
    )
    format_option = PdfFormatOption(pipeline_options=options, backend=PyPdfiumDocumentBackend)
    converter = DocumentConverter(format_options={InputFormat.PDF: format_option})
    document = converter.convert(tmp_path / "scan.pdf").document
    assert sorted(item.text for item in document.texts) == sorted(LINES)
    height = pypdfium2.PdfDocument(tmp_path / "scan.pdf")[0].get_height()
    for item in document.texts:
        left, middle = LINES[item.text]
        box = item.prov[0].bbox.to_top_left_origin(height)
        assert (box.l, (box.t + box.b) / 2) == pytest.approx((left, middle), abs=6)


def test_a_model_that_is_missing_is_told_when_the_engine_is_made() -> None:
    with pytest.raises(InputError, match=r"none\.onnx: no such model file"):
        get_ocr_factory(allow_external_plugins=True).create_instance(
            HunminOcrOptions(model="none.onnx"),
            enabled=True,
            artifacts_path=None,
            accelerator_options=PdfPipelineOptions().accelerator_options,
        )
