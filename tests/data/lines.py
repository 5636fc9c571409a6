"""Small labelled crops for tests; the pixels are noise, for nothing here looks at what they show."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from hunmin.data.clean import Ledger, Rules
from hunmin.data.sample import Sample
from hunmin.data.store.lmdb_store import Store, open_store, write_store
from hunmin.spec import RecognizerSpec
from hunmin.text.charset import Charset

CHARSET = Charset("test", " 0123456789가나다라마바사아자차카타파하한글")
SPEC = RecognizerSpec.for_charset(CHARSET, height_px=32, width_step_px=32, max_width_px=256, max_label_length=8)
RULES = Rules(SPEC)


def line(number: int, *, text: str | None = None, width: int | None = None, seed: int = 0) -> Sample:
    """Sample `number`: 24 px high, 20 to 160 px wide, with a box for every character."""
    rng = np.random.default_rng([seed, number])
    text = f"한글 {number}" if text is None else text
    width = int(rng.integers(20, 160)) if width is None else width
    edges = np.linspace(0, width, len(text) + 1, dtype=np.float32)
    boxes = np.stack([edges[:-1], np.full(len(text), 2), edges[1:], np.full(len(text), 22)], axis=1).astype(np.float32)
    image = rng.integers(0, 256, (24, width, 3), dtype=np.uint8)
    return Sample(image, text, f"line/{seed}/{number}", ("document", "sign")[number % 2], boxes)


def lines(num: int, *, seed: int = 0) -> Iterator[Sample]:
    """The first `num` samples."""
    return (line(number, seed=seed) for number in range(num))


def store_of(num: int, path: Path, *, seed: int = 0) -> Store:
    """A written and opened store of `num` samples."""
    write_store(lines(num, seed=seed), path)
    return open_store(path)


@dataclass(frozen=True)
class Endless:
    """A generator: another line for every epoch and index."""

    name: str = "endless"
    num_samples: None = None

    def sample(self, epoch: int, index: int) -> Sample:
        return line(index, text=f"가나 {index % 1000}", seed=1000 + epoch)


def keep_fit(samples: Iterable[Sample], ledger: Ledger) -> Iterator[Sample]:
    """The samples that `RULES` allow, with an account of every one."""
    for sample in samples:
        reason = RULES.why_unfit(sample)
        if reason is None:
            ledger.keep()
            yield sample
        else:
            ledger.drop(reason, f"{sample.id}: {sample.text}")
