"""Lines of different requests share batches.

The engine runs on one thread. While it works on a batch, the calls of other threads gather; then those of one width that were
there first become the next batch. Nobody waits for others where the engine is idle: waiting 2 or 5 ms was measured, and gave
nothing (`benchmarks/bench_serve.py`).

Every line is padded to its own width bucket, so who shares its batch does not change its text. Graphs that multiply in 8 bits
give the lines of a batch one scale, so their calls are never put together: `rows_are_independent` finds that out.

Legend: N batch, H W pixels, T label length with `<eos>`.
"""

import threading
from collections.abc import Callable
from concurrent.futures import Future
from typing import Final

import numpy as np
from numpy.typing import NDArray

from hunmin.onnx_model.session import Engine, EngineOutput
from hunmin.spec import RecognizerSpec

MOST_ROWS: Final = 32
"""Lines of one batch, unless a single call brings more."""
_SAME: Final = 1e-4
"""Log-probabilities that differ by less are the same: sums of another order differ by a hundredth of it."""


class _Call:
    """Images of one width that wait for their output."""

    def __init__(self, images: NDArray[np.float32]) -> None:
        self.images = images
        self.output: Future[EngineOutput] = Future()


class BatchingEngine:
    """An engine that many threads may call at once; see `Engine`."""

    def __init__(
        self, engine: Engine, *, merges: bool = True, on_batch: Callable[[int, int], None] = lambda rows, calls: None
    ) -> None:
        """Start the thread that the engine runs on.

        Args:
            engine: what reads batches.
            merges: whether calls are put together at all.
            on_batch: told the lines and the calls of every batch.
        """
        self._engine, self._merges, self._on_batch = engine, merges, on_batch
        self._calls: list[_Call] = []
        self._is_closed = False
        self._changed = threading.Condition()
        self._thread = threading.Thread(target=self._run, name="hunmin-engine", daemon=True)
        self._thread.start()

    def __call__(self, images: NDArray[np.float32]) -> EngineOutput:
        """(N, 3, H, W) normalised images → an `EngineOutput`; waits until it is there."""
        call = _Call(images)
        with self._changed:
            assert not self._is_closed
            self._calls.append(call)
            self._changed.notify()
        return call.output.result()

    def close(self) -> None:
        """End the thread once every call is answered."""
        with self._changed:
            self._is_closed = True
            self._changed.notify()
        self._thread.join()

    def _run(self) -> None:
        while batch := self._next_batch():
            try:
                images = batch[0].images if len(batch) == 1 else np.concatenate([call.images for call in batch])
                self._on_batch(len(images), len(batch))
                output = EngineOutput(*self._engine(images))
            except BaseException as error:  # noqa: BLE001 - it belongs to those who wait for the output
                for call in batch:
                    call.output.set_exception(error)
                continue
            start = 0
            for call in batch:
                call.output.set_result(_rows(output, start, start + len(call.images)))
                start += len(call.images)

    def _next_batch(self) -> list[_Call]:
        """The calls of the next batch, the longest waiting first; none once everything is done."""
        with self._changed:
            while not self._calls:
                if self._is_closed:
                    return []
                self._changed.wait()
            batch = self._first_that_fit()
            self._calls = [call for call in self._calls if call not in batch]
            return batch

    def _first_that_fit(self) -> list[_Call]:
        first, *others = self._calls
        batch, num_rows = [first], len(first.images)
        if self._merges:
            for call in others:
                if call.images.shape[1:] == first.images.shape[1:] and num_rows + len(call.images) <= MOST_ROWS:
                    batch.append(call)
                    num_rows += len(call.images)
        return batch


def _rows(output: EngineOutput, start: int, end: int) -> EngineOutput:
    return EngineOutput(*(None if one is None else one[start:end] for one in output))  # type: ignore[arg-type]


def rows_are_independent(engine: Engine, spec: RecognizerSpec) -> bool:
    """Whether an engine says the same of an image whatever shares its batch: two are read together and one after the other."""
    shape = (1, 3, spec.height_px, 4 * spec.width_step_px)
    across = np.linspace(-1, 1, shape[3], dtype=np.float32)
    faint, strong = np.broadcast_to(0.1 * across, shape), np.broadcast_to(np.sign(np.sin(40 * across)), shape)
    alone = EngineOutput(*engine(np.ascontiguousarray(faint, dtype=np.float32)))
    together = EngineOutput(*engine(np.concatenate([faint, strong]).astype(np.float32)))
    eos = spec.tokenizer().eos_id
    num = min(alone.tokens.shape[1], together.tokens.shape[1])
    ends = np.flatnonzero(alone.tokens[0, :num] == eos)
    num = int(ends[0]) + 1 if len(ends) else num
    same_tokens = np.array_equal(alone.tokens[0, :num], together.tokens[0, :num])
    return same_tokens and bool(np.allclose(alone.log_probs[0, :num], together.log_probs[0, :num], atol=_SAME))
