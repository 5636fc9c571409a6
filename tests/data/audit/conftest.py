from dataclasses import replace
from pathlib import Path

import pytest

from hunmin.data.sample import Sample
from hunmin.data.store.lmdb_store import write_store
from hunmin.font_manifest import BUNDLED_FONTS
from hunmin.recognize.recognizer import Recognizer
from hunmin.synth.config import default_config
from hunmin.synth.generate import Recipe
from hunmin.text.charset import ksx1001

NUM = 40


@pytest.fixture(scope="session")
def reader() -> Recognizer:
    """The bundled model."""
    return Recognizer(threads=1)


@pytest.fixture(scope="session")
def printed() -> list[Sample]:
    """Documents in the bundled faces, with texts of some length, four to a page."""
    config = replace(default_config(), kinds={"document": 1.0}, min_length=6, max_length=24, mild_share=1.0)
    generator = Recipe(config, frozenset(ksx1001().characters), BUNDLED_FONTS).build()
    samples = (generator.sample(4, 0, number) for number in range(NUM))
    return [replace(one, boxes=None, group=f"page {number // 4}") for number, one in enumerate(samples)]


@pytest.fixture(scope="session")
def healthy_store(printed: list[Sample], tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("audited") / "healthy"
    write_store(printed, path)
    return path
