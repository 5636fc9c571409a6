"""The gallery keeps a fair choice of each kind and the oddest of all, in bounded room."""

from collections import Counter

import numpy as np

from hunmin.data.inspect.gallery import MOST_KINDS, NUM_ODD, ODDITIES, PER_KIND, Gallery
from hunmin.data.sample import Sample


def sample(index: int, *, text: str = "가나다라", width: int = 80, height: int = 20, kind: str = "") -> Sample:
    return Sample(np.zeros((height, width), np.uint8), text, str(index), kind)


def test_all_samples_pass_by_unchanged_and_in_order() -> None:
    samples = [sample(index) for index in range(50)]
    assert list(Gallery().watch(iter(samples))) == samples


def test_each_kind_has_its_samples_from_everywhere_in_the_store() -> None:
    counts = Counter[int]()
    for seed in range(60):
        gallery = Gallery(seed)
        for _ in gallery.watch(sample(index, kind="ab"[index % 10 == 0]) for index in range(200)):
            pass
        assert [len(gallery.kinds[kind]) for kind in "ab"] == [PER_KIND, PER_KIND]
        assert all(seen.sample.id == str(seen.index) for seen in gallery.kinds["a"])
        counts.update(seen.index // 50 for seen in gallery.kinds["a"])
    assert min(counts.values()) > 0.7 * max(counts.values())


def test_the_oddest_come_first_and_of_equals_those_that_came_first() -> None:
    samples = [sample(index) for index in range(40)]
    samples[30] = sample(30, text="가" * 40)  # 2 px a character: also the longest
    samples[31] = sample(31, width=200)
    samples[32] = sample(32, width=8, height=2)
    samples[33] = sample(33, text="")
    gallery = Gallery()
    assert len(list(gallery.watch(samples))) == 40
    odd = {name: [seen.index for seen in gallery.oddest(name)] for name in ODDITIES}
    assert {len(indices) for indices in odd.values()} == {NUM_ODD}
    assert odd["narrowest characters"][:3] == [30, 0, 1]
    assert odd["widest characters"][:3] == [33, 31, 0]  # an empty label counts as one character
    assert odd["longest labels"][:3] == [30, 0, 1]
    assert odd["fewest pixels"][:3] == [32, 0, 1]


def test_a_store_of_a_thousand_kinds_keeps_the_first_few() -> None:
    gallery = Gallery()
    assert len(list(gallery.watch(sample(index, kind=str(index)) for index in range(1000)))) == 1000
    assert list(gallery.kinds) == [str(index) for index in range(MOST_KINDS)]
