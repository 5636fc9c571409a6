"""Lines of different requests share batches, and nobody's text depends on it."""

import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

from hunmin.onnx_model.session import EngineOutput, load_engine
from hunmin.recognize.recognizer import BUNDLED_MODELS, Recognizer
from hunmin.serve.batching import MOST_ROWS, BatchingEngine, rows_are_independent

LINES = sorted((Path(__file__).parents[2] / "examples" / "lines").glob("*.png"))


class SlowEngine:
    """Gives back the first pixel of each image, as token, and remembers its batches."""

    def __init__(self, seconds: float = 0.0) -> None:
        self.seconds = seconds
        self.sizes: list[int] = []

    def __call__(self, images: NDArray[np.float32]) -> EngineOutput:
        self.sizes.append(len(images))
        time.sleep(self.seconds)
        tokens = images[:, 0, 0, :1].astype(np.int64)
        return EngineOutput(tokens, tokens.astype(np.float32))


def images(value: int, num: int = 1, width: int = 48) -> NDArray[np.float32]:
    return np.full((num, 3, 48, width), value, dtype=np.float32)


def call_behind_another(
    engine: BatchingEngine, slow: SlowEngine, batches: list[NDArray[np.float32]]
) -> list[list[int]]:
    """The tokens of each call, when all are made while the engine works on another one."""
    with ThreadPoolExecutor(1 + len(batches)) as threads:
        first = threads.submit(engine, images(9))
        while not slow.sizes:
            time.sleep(0.001)
        calls = []
        for number, batch in enumerate(batches, 1):
            calls.append(threads.submit(engine, batch))
            while len(engine._calls) < number:
                time.sleep(0.001)
        assert len(slow.sizes) == 1
        first.result()
        return [[int(token) for token in call.result().tokens[:, 0]] for call in calls]


def test_calls_that_gather_share_a_batch_and_each_gets_its_own_rows() -> None:
    slow = SlowEngine(0.2)
    engine = BatchingEngine(slow)
    tokens = call_behind_another(engine, slow, [images(value, num) for value, num in ((3, 2), (5, 1), (7, 4))])
    engine.close()
    assert tokens == [[3, 3], [5], [7] * 4]
    assert slow.sizes == [1, 7]


def test_widths_are_kept_apart_and_a_batch_has_its_limit() -> None:
    slow = SlowEngine(0.2)
    engine = BatchingEngine(slow)
    batches = [images(1, 1), images(1, 2, width=96), images(1, MOST_ROWS), images(1, 3)]
    call_behind_another(engine, slow, batches)
    engine.close()
    assert slow.sizes == [1, 1 + 3, 2, MOST_ROWS]


def test_calls_are_kept_apart_where_their_rows_depend_on_each_other() -> None:
    slow = SlowEngine(0.1)
    engine = BatchingEngine(slow, merges=False)
    call_behind_another(engine, slow, [images(1), images(2, 2)])
    engine.close()
    assert slow.sizes == [1, 1, 2]


def test_an_error_reaches_everybody_of_its_batch_and_the_next_batch_is_read() -> None:
    slow = SlowEngine()

    def failing(batch: NDArray[np.float32]) -> EngineOutput:
        if batch[0, 0, 0, 0] < 0:
            raise MemoryError("too much")
        return slow(batch)

    engine = BatchingEngine(failing)
    with pytest.raises(MemoryError, match="too much"):
        engine(images(-1))
    assert engine(images(2)).tokens[0, 0] == 2
    engine.close()


def test_calls_are_answered_before_the_engine_ends() -> None:
    engine = BatchingEngine(SlowEngine(0.05))
    with ThreadPoolExecutor(4) as threads:
        results = [threads.submit(engine, images(value)) for value in range(4)]
        time.sleep(0.02)
        engine.close()
        assert sorted(int(one.result().tokens[0, 0]) for one in results) == [0, 1, 2, 3]


@pytest.mark.parametrize(("model", "merges"), [("bundled", True), ("bundled-int8", False)])
def test_readings_are_the_same_whoever_shares_the_batch(model: str, merges: bool) -> None:
    alone = Recognizer(model, threads=1)
    assert rows_are_independent(alone.engine, alone.spec) is merges
    expected = {path: alone.recognize([path])[0] for path in LINES}
    engine, spec = load_engine(BUNDLED_MODELS[model], threads=1)
    sizes: list[int] = []
    shared = BatchingEngine(engine, merges=merges, on_batch=lambda rows, calls: sizes.append(calls))
    together = Recognizer.from_engine(shared, spec)

    def read(path: Path) -> None:
        reading = together.recognize([path])[0]
        assert reading.text == expected[path].text
        assert reading.confidence == pytest.approx(expected[path].confidence, abs=1e-3)

    with ThreadPoolExecutor(8) as threads:
        list(threads.map(read, LINES * 3))
    shared.close()
    assert (max(sizes) > 1) is merges
