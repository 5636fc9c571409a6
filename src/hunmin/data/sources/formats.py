"""The formats that can be imported, by name."""

from collections.abc import Callable, Iterator
from typing import Final, TypeAlias

from hunmin.data.sources.aihub.aihub_023 import read_large_public
from hunmin.data.sources.aihub.aihub_81 import read_typefaces
from hunmin.data.sources.aihub.aihub_88 import read_public_documents
from hunmin.data.sources.aihub.aihub_91 import read_various_forms
from hunmin.data.sources.aihub.aihub_105 import read_outdoor_photographs
from hunmin.data.sources.downloads.files import Files
from hunmin.data.sources.label_lists.doctr import read_doctr
from hunmin.data.sources.label_lists.easyocr import read_easyocr
from hunmin.data.sources.label_lists.gt_txt import read_gt_txt
from hunmin.data.sources.label_lists.imagefolder import read_imagefolder
from hunmin.data.sources.label_lists.jsonl import read_jsonl
from hunmin.data.sources.label_lists.paddleocr import read_paddleocr
from hunmin.data.sources.label_lists.spaces import read_spaces
from hunmin.data.sources.label_lists.tsv import read_tsv
from hunmin.data.sources.label_studio import read_label_studio
from hunmin.data.sources.lmdb_store import read_lmdb
from hunmin.data.sources.page import Page
from hunmin.data.sources.parquet import read_parquet

Importer: TypeAlias = Callable[[Files], Iterator[Page]]
"""Yields the pages in an order that is the same in every run; raises InputError where the files are another set."""

SOURCES: Final[dict[str, Importer]] = {
    "aihub-88": read_public_documents,
    "aihub-81": read_typefaces,
    "aihub-91": read_various_forms,
    "aihub-105": read_outdoor_photographs,
    "aihub-023": read_large_public,
    "tsv": read_tsv,
    "jsonl": read_jsonl,
    "lmdb": read_lmdb,
    "paddleocr": read_paddleocr,
    "parquet": read_parquet,
    "easyocr": read_easyocr,
    "doctr": read_doctr,
    "gt-txt": read_gt_txt,
    "spaces": read_spaces,
    "imagefolder": read_imagefolder,
    "label-studio": read_label_studio,
}
