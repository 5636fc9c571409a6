"""What a service counts, for Prometheus."""

from typing import Final

from prometheus_client import (
    CollectorRegistry,
    Counter,
    Gauge,
    Histogram,
    PlatformCollector,
    ProcessCollector,
    disable_created_metrics,
    generate_latest,
)

from hunmin.documents.page import DocumentPage
from hunmin.version import __version__

SECONDS: Final = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0, 60.0, 120.0)
ROWS: Final = (1, 2, 4, 8, 16, 32)

disable_created_metrics()  # type: ignore[no-untyped-call] # twice as many lines, which Prometheus does not need


class Metrics:
    """Counts of one service; none tells what a document says."""

    def __init__(self, max_requests: int) -> None:
        self._registry = registry = CollectorRegistry()
        ProcessCollector(registry=registry)
        PlatformCollector(registry=registry)
        Gauge("hunmin_info", "1, with the version of hunmin.", ["version"], registry=registry).labels(__version__).set(
            1
        )
        Gauge("hunmin_requests_limit", "Requests that are taken at one time.", registry=registry).set(max_requests)
        self.requests_taken = Gauge("hunmin_requests_taken", "Requests that are here now.", registry=registry)
        self._requests = Counter(
            "hunmin_requests", "Answered requests.", ["method", "route", "status"], registry=registry
        )
        self._seconds = Histogram(
            "hunmin_request_seconds", "From the first byte to the last.", ["route"], buckets=SECONDS, registry=registry
        )
        self._pages = Counter("hunmin_pages", "Pages, by where their text is from.", ["source"], registry=registry)
        self._lines = Counter("hunmin_lines", "Lines that were read.", registry=registry)
        self._rows = Histogram("hunmin_batch_rows", "Lines of one batch.", buckets=ROWS, registry=registry)
        self._calls = Counter("hunmin_batch_calls", "Calls that batches were put together from.", registry=registry)

    def on_request(self, method: str, route: str, status: int, seconds: float) -> None:
        """A request was answered."""
        self._requests.labels(method, route, status).inc()
        self._seconds.labels(route).observe(seconds)

    def on_page(self, page: DocumentPage) -> None:
        """A page was read."""
        source = "unreadable" if page.error else "text_layer" if page.from_text_layer else "read"
        self._pages.labels(source).inc()
        if source == "read":
            self._lines.inc(len(page.lines))

    def on_crops(self, num: int) -> None:
        """Crops were read."""
        self._lines.inc(num)

    def on_batch(self, rows: int, calls: int) -> None:
        """The engine gets a batch."""
        self._rows.observe(rows)
        self._calls.inc(calls)

    def text(self) -> bytes:
        """In Prometheus' text format."""
        return generate_latest(self._registry)
