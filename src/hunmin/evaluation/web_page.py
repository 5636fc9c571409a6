"""A report as a page: figures, groups, confidence, mistakes, and the worst lines with their pictures."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import islice
from typing import Any

import numpy as np
from numpy.typing import NDArray

from hunmin.evaluation.confusion import Confusion, Example
from hunmin.evaluation.labelled import LabelledCrop
from hunmin.evaluation.reliability import PRECISION, Reliability
from hunmin.evaluation.report import Interval, Report, Scores
from hunmin.html.charts import bar
from hunmin.html.page import page
from hunmin.html.pairs import side_by_side
from hunmin.html.pictures import picture
from hunmin.html.tables import cell, heading, row_heading, table
from hunmin.html.text import shown
from hunmin.metrics import Column
from hunmin.version import __version__

NUM_WORST = 60
NUM_CONFUSIONS = 30
AROUND = 9
"""Characters shown before and after a mistake."""
CROP_WIDTH_PX, CROP_HEIGHT_PX = 960, 160
"""A larger crop is drawn smaller."""


@dataclass(frozen=True)
class Measured:
    """One recognizer's results, as a page shows them."""

    name: str
    report: Report
    crops_per_s: float | None = None
    """None where speed was not measured."""
    threads: int = 1

    def to_dict(self) -> dict[str, Any]:
        """Plain values for JSON, without the lines."""
        speed = (
            None if self.crops_per_s is None else {"crops_per_s": round(self.crops_per_s, 2), "threads": self.threads}
        )
        return {**self.report.to_dict(), "speed": speed}


def web_page(data: str, engines: Sequence[Measured], pictures: Mapping[int, NDArray[np.uint8]]) -> str:
    """Write the page.

    Args:
        data: name of what was read.
        engines: one or several that read the same lines; pictures and mistakes are those of the first.
        pictures: (H, W, 3) uint8 RGB, of the first report's worst lines by their index; a line without one shows its texts alone.

    Returns:
        HTML.
    """
    first = engines[0].report
    worst = [index for index in first.worst(NUM_WORST) if first.lines[index].scores.spaced.num_edits]
    sections = [
        f"<h1>{shown(engines[0].name)} <small>on {shown(data)}, {len(first.lines):,} lines</small></h1>",
        _headline(engines),
        f'<div class="groups">{"".join(_breakdown(name, engines) for name in first.breakdowns)}</div>',
        _confidence(engines[0].report.reliability, len(first.lines)),
        _mistakes(first),
        _worst_lines(worst, engines, pictures),
    ]
    return page(f"{engines[0].name} on {data}", sections, footer=f"{_FOOTER} hunmin {__version__}")


def _excerpt(example: Example) -> str:
    """The mistake with a few characters around it."""
    columns = example.line.columns
    first, last = max(0, example.column - AROUND), example.column + AROUND + 1
    before, after = ((Column("…", "…"),) if cut else () for cut in (first > 0, last < len(columns)))
    return side_by_side((*before, *columns[first:last], *after))


_HEADINGS = ("right", "95 %", "CER", "95 %", "1-NED", "jamo", "words", "spaces right", "found", "ECE")


def _headline(engines: Sequence[Measured]) -> str:
    was_timed = any(engine.crops_per_s is not None for engine in engines)
    heads = [heading(name) for name in ("", *_HEADINGS, *(("crops/s",) if was_timed else ()))]
    rows = [row for engine in engines for row in (_rates_row(engine), _rates_row(engine, with_spaces=True))]
    return f"<section>{table([heads], rows, 'headline')}</section>"


def _rates_row(engine: Measured, *, with_spaces: bool = False) -> list[str]:
    """What most people want to know; below it, smaller, the same with spaces counted."""
    report, spaces = engine.report, engine.report.scores.spaces
    suffix, figure, other = ("", "second", "second") if with_spaces else ("_ns", "big", "")
    rates, intervals = report.scores.rates(), report.intervals
    ece = f"{report.reliability.ece:.3f}" if report.reliability and not with_spaces else ""
    cells = [
        row_heading("<small>the same with spaces counted</small>" if with_spaces else shown(engine.name)),
        cell(_percent(rates[f"exact{suffix}"]), figure),
        cell(_range(intervals[f"exact{suffix}"]), other),
        cell(_percent(rates[f"cer{suffix}"]), figure),
        cell(_range(intervals[f"cer{suffix}"]), other),
        cell(_percent(rates[f"one_minus_ned{suffix}"]), other),
        cell(_percent(rates[f"jamo_error_rate{suffix}"]), other),
        cell(_percent(rates["word_recall"]) if with_spaces else "", other),
        cell(_percent(spaces.precision) if with_spaces else "", other),
        cell(_percent(spaces.recall) if with_spaces else "", other),
        cell(ece),
    ]
    if engine.crops_per_s is not None:
        cells.append(cell("" if with_spaces else _speed(engine.crops_per_s, engine.threads)))
    return cells


def _speed(crops_per_s: float, threads: int) -> str:
    return f"{crops_per_s:.0f}<br><small>{threads} thread{'s' if threads > 1 else ''}</small>"


def _breakdown(name: str, engines: Sequence[Measured]) -> str:
    """Rows are groups; each engine has its share of right lines, as a bar, and its CER."""
    groups = [group for group in engines[0].report.breakdowns[name] if group]
    if not groups:
        return ""
    of_engine = [heading("right, spaces aside", "l engine"), heading("counted"), heading("CER")]
    head = [[heading(name, "l"), heading("lines"), *of_engine * len(engines)]]
    if len(engines) > 1:
        head.insert(0, [heading("", columns=2), *(heading(shown(one.name), "l engine", columns=3) for one in engines)])
    rows = []
    for group in groups:
        scores = [engine.report.breakdowns[name][group] for engine in engines]
        num = scores[0].spaced.num_samples
        rows.append(
            [row_heading(shown(group)), cell(f"{num:,}"), *(html for one in scores for html in _group_cells(one))]
        )
    return f"<section><h2>By {name}</h2>{table(head, rows)}</section>"


def _group_cells(scores: Scores) -> list[str]:
    rates = scores.rates()
    return [
        cell(bar(rates["exact_ns"]) + _percent(rates["exact_ns"]), "l engine"),
        cell(_percent(rates["exact"])),
        cell(_percent(rates["cer_ns"])),
    ]


def _confidence(found: Reliability | None, num_lines: int) -> str:
    if found is None or not found.bins:
        return ""
    cut = found.threshold
    advice = (
        f"Of the {cut.num_kept:,} lines ({cut.num_kept / num_lines:.0%}) read with confidence {cut.confidence:.3f} or more, "
        f"{cut.num_right:,} are right, at least {PRECISION:.0%}."
        if cut
        else f"No threshold leaves {PRECISION:.0%} right lines."
    )
    return (
        f'<section><h2>Confidence</h2><div class="columns">{_diagram(found)}<div><p>{advice}</p>'
        f"<p>Each dot stands for {found.bins[0].num_lines:,} lines. On the dashed line a confidence is the share of right lines; "
        f"below it the recognizer is too sure of itself, above it too modest. On average it is off by "
        f"{found.ece:.3f} (expected calibration error).</p></div></div></section>"
    )


def _diagram(found: Reliability) -> str:
    side, pad = 300, 44
    width, height = side + pad + 16, side + 50
    marks = [0.0, 0.25, 0.5, 0.75, 1.0]
    grid = "".join(
        f'<path class="axis" d="M{pad} {side * (1 - m) + 8}h{side}M{pad + side * m} 8v{side}"/>'
        f'<text x="{pad - 8}" y="{side * (1 - m) + 12}" text-anchor="end">{m:g}</text>'
        f'<text x="{pad + side * m}" y="{side + 26}" text-anchor="middle">{m:g}</text>'
        for m in marks
    )
    dots = "".join(
        f'<path class="gap" d="M{pad + side * one.mean_confidence:.1f} {8 + side * (1 - one.mean_confidence):.1f}'
        f'V{8 + side * (1 - one.share_right):.1f}"/>'
        f'<circle cx="{pad + side * one.mean_confidence:.1f}" cy="{8 + side * (1 - one.share_right):.1f}" r="4.5"/>'
        for one in found.bins
    )
    return (
        f'<svg width="{width}" height="{height}" viewBox="0 0 {width} {height}" role="img" '
        'aria-label="confidence against share of right lines">'
        f'{grid}<path class="mark" d="M{pad} {side + 8}L{pad + side} 8"/>{dots}'
        f'<text x="{pad + side / 2}" y="{side + 46}" text-anchor="middle">confidence</text>'
        f'<text transform="translate(10 {side / 2}) rotate(-90)" text-anchor="middle">share of right lines</text></svg>'
    )


def _mistakes(report: Report) -> str:
    tables = [
        _confusion_table("Characters", report.characters, with_part=False),
        _confusion_table("Jamo, where one syllable was read for another", report.jamo, with_part=True),
    ]
    filled = [table for table in tables if table]
    return f'<section><h2>Mistakes</h2><div class="columns">{"".join(filled)}</div></section>' if filled else ""


def _confusion_table(title: str, confusions: Sequence[Confusion], *, with_part: bool) -> str:
    if not confusions:
        return ""
    rows = [
        [
            cell(f"{one.count:,}"),
            cell(_glyph(one.wanted), "glyph"),
            cell(_glyph(one.read), "glyph"),
            *([cell(one.part, "l")] if with_part else []),
            cell(_excerpt(one.examples[0]), "l example"),
        ]
        for one in confusions[:NUM_CONFUSIONS]
    ]
    part = [heading("part", "l")] if with_part else []
    head = [heading("times"), heading("there"), heading("read"), *part, heading("for example", "l")]
    rest = len(confusions) - NUM_CONFUSIONS
    more = f"<p>and {rest:,} rarer ones</p>" if rest > 0 else ""
    return f"<div><h3>{title}</h3>{table([head], rows)}{more}</div>"


def _glyph(text: str) -> str:
    return '<span class="word">space</span>' if text == " " else shown(text) or '<span class="word">nothing</span>'


def _worst_lines(worst: Sequence[int], engines: Sequence[Measured], pictures: Mapping[int, NDArray[np.uint8]]) -> str:
    if not worst:
        return ""
    cards = []
    for index in worst:
        line = engines[0].report.lines[index]
        readings = "".join(
            (f"<small>{shown(engine.name)}</small>" if len(engines) > 1 else "")
            + side_by_side(engine.report.lines[index].aligned.columns)
            for engine in engines
        )
        edits = f"{line.scores.spaced.num_edits} edits, {line.scores.spaced.num_characters} characters"
        about = f"{edits} · confidence {line.prediction.confidence:.2f}"
        crop = (
            picture(pictures[index], max_width_px=CROP_WIDTH_PX, max_height_px=CROP_HEIGHT_PX)
            if index in pictures
            else ""
        )
        where = " · ".join(shown(text) for text in (line.prediction.kind, line.prediction.path) if text)
        cards.append(f'<article>{crop}<div>{readings}<p class="about">{about} · {where}</p></div></article>')
    legend = (
        '<p class="legend">Label above, reading below. <span class="sub">read for another</span> '
        '<span class="del">missed</span> <span class="ins">too much</span>. Worst first: edits a character, then confidence.</p>'
    )
    return f"<section><h2>Worst lines <small>{len(cards)}</small></h2>{legend}{''.join(cards)}</section>"


def pictures_of_worst(report: Report, crops: Iterable[LabelledCrop]) -> dict[int, NDArray[np.uint8]]:
    """The crops of a report's worst lines; `crops` is read until the last of them."""
    wanted = set(report.worst(NUM_WORST))
    upto = islice(crops, max(wanted, default=-1) + 1)
    return {index: crop.image for index, crop in enumerate(upto) if index in wanted}


def _percent(rate: float) -> str:
    return f"{100 * rate:.1f}"


def _range(interval: Interval) -> str:
    return f"{_percent(interval.low)}–{_percent(interval.high)}"


_FOOTER = (
    "Rates in %. Right: lines that say what their label says. CER: edits a label character. 1-NED: mean of 1 − edits / length of "
    "the longer text. Jamo: as CER, with every syllable spelled out. Spaces right: of those read; found: of those there. "
    "95 %: bootstrap over lines. Characters that print alike count as equal. A framed code such as "
    '<span class="cp">U+4E2D</span> stands for a character that the page\'s font lacks.'
)
