"""Faces and texts that the tests of pages share; loading the texts takes seconds."""

import pytest

from hunmin.synth.fonts.faces import bundled_faces
from hunmin.synth.lines.render import GlyphCache
from hunmin.synth.pages.materials import Materials
from hunmin.synth.texts.corpus import Corpus, load_corpus
from hunmin.text.charset import load_charset


@pytest.fixture(scope="session")
def corpus() -> Corpus:
    return load_corpus(frozenset(load_charset("korean").characters))


@pytest.fixture(scope="session")
def cache() -> GlyphCache:
    return GlyphCache()


@pytest.fixture(scope="session")
def materials(corpus: Corpus, cache: GlyphCache) -> Materials:
    return Materials(bundled_faces(), corpus, cache, held_out=False)
