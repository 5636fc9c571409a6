"""A report as one HTML page that needs nothing else: no script, no network, its font and pictures inside.

Every text of labels, predictions and files is escaped; characters that the font lacks stand as code points. A content policy in
the page forbids the browser to load anything or to run anything, whatever might have slipped through.
"""

import base64
import io
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from html import escape
from importlib.util import find_spec
from itertools import groupby, islice
from pathlib import Path
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from hunmin import __version__
from hunmin.drawing import code_point, gothic
from hunmin.errors import InputError
from hunmin.evaluate.confusion import Confusion, Example
from hunmin.evaluate.labelled import LabelledCrop
from hunmin.evaluate.reliability import PRECISION, Reliability
from hunmin.evaluate.report import Interval, Report, Scores
from hunmin.metrics import Column

NUM_WORST = 60
NUM_CONFUSIONS = 30
AROUND = 9
"""Characters shown before and after a mistake."""
MAX_PICTURE_PX = 960
"""A wider crop is drawn smaller."""
STYLE = Path(__file__).with_name("web_page.css")
POLICY = "default-src 'none'; img-src data:; font-src data:; style-src 'unsafe-inline'"


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
        f'<div class="grid">{"".join(_breakdown(name, engines) for name in first.breakdowns)}</div>',
        _confidence(engines[0].report.reliability, len(first.lines)),
        _mistakes(first),
        _worst_lines(worst, engines, pictures),
        f"<footer>{_FOOTER} hunmin {__version__}.</footer>",
    ]
    body = "\n".join(section for section in sections if section)
    style = font_face(set(body), cut_down=find_spec("fontTools") is not None) + STYLE.read_text(encoding="utf-8")
    return (
        f'<!doctype html>\n<html lang="en">\n<head>\n<meta charset="utf-8">\n'
        f'<meta http-equiv="Content-Security-Policy" content="{POLICY}">\n'
        '<meta name="viewport" content="width=device-width, initial-scale=1">\n'
        f"<title>{shown_plainly(engines[0].name)} on {shown_plainly(data)}</title>\n<style>\n{style}</style>\n</head>\n"
        f"<body>\n<main>\n{body}\n</main>\n</body>\n</html>\n"
    )


def shown(text: str) -> str:
    """`text` as HTML in which every character can be seen: escaped, and as a code point where the font lacks it."""
    coverage = gothic().coverage
    return "".join(
        escape(character) if character in coverage else f'<span class="cp">{code_point(character)}</span>'
        for character in text
    )


def shown_plainly(text: str) -> str:
    """`text` for a place that takes no elements, such as a title."""
    coverage = gothic().coverage
    return "".join(escape(c) if c in coverage else code_point(c) for c in text)


def side_by_side(columns: Sequence[Column]) -> str:
    """Label above prediction, column by column; what differs is marked."""
    cells = []
    for same, run in groupby(columns, key=lambda column: column.wanted == column.read):
        if same:
            text = "".join(column.wanted for column in run)
            cells.append(f"<span><b>{shown(text)}</b><i>{shown(text)}</i></span>")
        else:
            cells += (_wrong(column) for column in run)
    return f'<div class="pair">{"".join(cells)}</div>'


def _excerpt(example: Example) -> str:
    """The mistake with a few characters around it."""
    columns = example.line.columns
    first, last = max(0, example.column - AROUND), example.column + AROUND + 1
    before, after = ((Column("…", "…"),) if cut else () for cut in (first > 0, last < len(columns)))
    return side_by_side((*before, *columns[first:last], *after))


def _wrong(column: Column) -> str:
    kind = "sub" if column.wanted and column.read else "del" if column.wanted else "ins"
    wanted, read = (
        '<u class="space"></u>' if text == " " else shown(text) or "&nbsp;" for text in (column.wanted, column.read)
    )
    return f'<span class="{kind}"><b>{wanted}</b><i>{read}</i></span>'


_HEADINGS = ("right", "95 %", "CER", "95 %", "1-NED", "jamo", "spaces right", "found", "ECE")


def _headline(engines: Sequence[Measured]) -> str:
    rows = []
    for engine in engines:
        report, spaces = engine.report, engine.report.scores.spaces
        rates = report.scores.rates()
        for suffix in ("_ns", ""):
            aside = suffix == "_ns"
            cells = [
                f'<td class="big">{_percent(rates["exact" + suffix])}</td>',
                f"<td>{_range(report.intervals['exact' + suffix])}</td>",
                f'<td class="big">{_percent(rates["cer" + suffix])}</td>',
                f"<td>{_range(report.intervals['cer' + suffix])}</td>",
                f"<td>{_percent(rates['one_minus_ned' + suffix])}</td>",
                f"<td>{_percent(rates['jamo_error_rate' + suffix])}</td>",
                f"<td>{'' if aside else _percent(spaces.precision)}</td>",
                f"<td>{'' if aside else _percent(spaces.recall)}</td>",
                f"<td>{f'{report.reliability.ece:.3f}' if aside and report.reliability else ''}</td>",
            ]
            if engine.crops_per_s is not None:
                cells.append(f"<td>{_speed(engine.crops_per_s, engine.threads) if aside else ''}</td>")
            head = shown(engine.name) if aside else "<small>the same with spaces counted</small>"
            rows.append(f'<tr class="{"" if aside else "second"}"><th scope="row">{head}</th>{"".join(cells)}</tr>')
    was_timed = any(engine.crops_per_s is not None for engine in engines)
    heads = "".join(f"<th>{heading}</th>" for heading in (*_HEADINGS, *(("crops/s",) if was_timed else ())))
    return f'<section><table class="headline"><tr><th></th>{heads}</tr>{"".join(rows)}</table></section>'


def _speed(crops_per_s: float, threads: int) -> str:
    return f"{crops_per_s:.0f}<br><small>{threads} thread{'s' if threads > 1 else ''}</small>"


def _breakdown(name: str, engines: Sequence[Measured]) -> str:
    """Rows are groups; each engine has its share of right lines, as a bar, and its CER."""
    groups = [group for group in engines[0].report.breakdowns[name] if group]
    if not groups:
        return ""
    names = "".join(f'<th colspan="3" class="l engine">{shown(engine.name)}</th>' for engine in engines)
    top = f"<tr><th></th><th></th>{names}</tr>" if len(engines) > 1 else ""
    heads = '<th class="l engine">right, spaces aside</th><th>counted</th><th>CER</th>' * len(engines)
    rows = []
    for group in groups:
        scores = [engine.report.breakdowns[name][group] for engine in engines]
        cells = "".join(_group_cells(one) for one in scores)
        num = scores[0].spaced.num_samples
        rows.append(f'<tr><th scope="row">{shown(group)}</th><td>{num:,}</td>{cells}</tr>')
    head = f'{top}<tr><th class="l">{name}</th><th>lines</th>{heads}</tr>'
    return f"<section><h2>By {name}</h2><table>{head}{''.join(rows)}</table></section>"


def _group_cells(scores: Scores) -> str:
    rates = scores.rates()
    bar = f'<span class="bar"><span style="width:{100 * rates["exact_ns"]:.1f}%"></span></span>'
    return (
        f'<td class="l engine">{bar}{_percent(rates["exact_ns"])}</td><td>{_percent(rates["exact"])}</td>'
        f"<td>{_percent(rates['cer_ns'])}</td>"
    )


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
    marks = [0.0, 0.25, 0.5, 0.75, 1.0]
    grid = "".join(
        f'<path class="grid" d="M{pad} {side * (1 - m) + 8}h{side}M{pad + side * m} 8v{side}"/>'
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
        f'<svg width="{side + pad + 16}" height="{side + 50}" role="img" aria-label="confidence against share of right lines">'
        f'{grid}<path class="even" d="M{pad} {side + 8}L{pad + side} 8"/>{dots}'
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
    rows = "".join(
        f'<tr><td>{one.count:,}</td><td class="glyph">{_glyph(one.wanted)}</td><td class="glyph">{_glyph(one.read)}</td>'
        + (f'<td class="l">{one.part}</td>' if with_part else "")
        + f'<td class="l example">{_excerpt(one.examples[0])}</td></tr>'
        for one in confusions[:NUM_CONFUSIONS]
    )
    part = '<th class="l">part</th>' if with_part else ""
    head = f'<tr><th>times</th><th>there</th><th>read</th>{part}<th class="l">for example</th></tr>'
    rest = len(confusions) - NUM_CONFUSIONS
    more = f"<p>and {rest:,} rarer ones</p>" if rest > 0 else ""
    return f"<div><h3>{title}</h3><table>{head}{rows}</table>{more}</div>"


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
        picture = f'<img src="{_data_url(pictures[index])}" alt="">' if index in pictures else ""
        where = " · ".join(shown(text) for text in (line.prediction.kind, line.prediction.path) if text)
        cards.append(f'<article>{picture}<div>{readings}<p class="about">{about} · {where}</p></div></article>')
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


def _data_url(image: NDArray[np.uint8]) -> str:
    scale = min(1.0, MAX_PICTURE_PX / image.shape[1], 160 / image.shape[0])
    if scale < 1:
        size = (max(1, round(image.shape[1] * scale)), max(1, round(image.shape[0] * scale)))
        image = cv2.resize(image, size, interpolation=cv2.INTER_AREA).astype(np.uint8)
    _, png = cv2.imencode(".png", image[..., ::-1])
    return f"data:image/png;base64,{base64.b64encode(png.tobytes()).decode('ascii')}"


def font_face(characters: set[str], *, cut_down: bool) -> str:
    """The bundled face as CSS.

    Args:
        characters: that the page shows.
        cut_down: leave the others out, which needs fontTools; the whole face makes a page over a megabyte larger.
    """
    face = gothic()
    if cut_down:
        content, kind = _cut_down(face.path, face.index, characters & face.coverage), "woff"
    else:
        content, kind = face.path.read_bytes(), "ttf"
    data = base64.b64encode(content).decode("ascii")
    return f'@font-face {{ font-family: "page"; src: url("data:font/{kind};base64,{data}"); }}\n'


def _cut_down(path: Path, index: int, characters: set[str]) -> bytes:
    from fontTools.subset import Options, Subsetter
    from fontTools.ttLib import TTFont, TTLibError

    try:
        with TTFont(path, fontNumber=index, lazy=True, recalcTimestamp=False) as font:
            options = Options(layout_features=[], hinting=False, notdef_outline=True)
            subsetter = Subsetter(options)
            subsetter.populate(text="".join(characters))
            subsetter.subset(font)
            font.flavor = "woff"
            content = io.BytesIO()
            font.save(content)
    except (TTLibError, OSError) as error:
        raise InputError(f"{path}: the bundled font is damaged ({error}); install hunmin again") from error
    return content.getvalue()


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
