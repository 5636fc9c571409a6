"""An audit as a page: what is wrong, by document, and the suspicious lines, worst first."""

from collections.abc import Mapping

import numpy as np
from numpy.typing import NDArray

from hunmin.data.audit.audit import Audit
from hunmin.data.audit.faults import Fault
from hunmin.data.audit.judge import Judged
from hunmin.html.charts import bar
from hunmin.html.page import page
from hunmin.html.pairs import side_by_side
from hunmin.html.pictures import picture
from hunmin.html.tables import cell, heading, row_heading, table
from hunmin.html.text import shown
from hunmin.metrics import align
from hunmin.version import __version__

MOST_LINES = 200
"""Suspicious lines on the page."""
MOST_GROUPS = 15
MANY_WRONG = 0.01
"""Share of wrong labels from which on the figure stands in red."""
CROP_WIDTH_PX, CROP_HEIGHT_PX, CROP_QUALITY = 960, 160, 90
LACKING = ("cut", "stripped")
"""Kinds of lines whose label is the reading but for what it lacks."""

_TURNED = {
    "180": "reads right upside down",
    "left": "reads right a quarter to the left",
    "right": "reads right a quarter to the right",
    "mirror": "reads right mirrored, left for right",
    "flip": "reads right mirrored, top for bottom",
}


def audit_page(name: str, audit: Audit, pictures: Mapping[int, NDArray[np.uint8]], commands: str) -> str:
    """Write the page.

    Args:
        name: of the store.
        audit: of it.
        pictures: of the suspicious lines, by row; a line without one shows its texts alone.
        commands: the way to a better store, to be pasted into a shell; empty = there is nothing to correct.
    """
    sections = [
        f"<h1>{shown(name)} <small>do its labels say what its pictures show?</small></h1>",
        _figures(audit),
        _faults(audit, commands),
        _groups(audit),
        _lines(audit, pictures),
    ]
    return page(name, sections, footer=f"{_FOOTER} hunmin {__version__} · hunmin data audit")


def what_is_wrong(one: Judged) -> str:
    """A few words about a suspicious line: `looks like row 13`."""
    if one.row is not None:
        step = one.row - one.line.row
        return f"looks like row {one.row + 1}" + (f" ({step:+})" if one.kind == "shifted" else "")
    if one.turn:
        return _TURNED[one.turn]
    if one.kind == "stripped":
        return f"label without {', '.join(one.lost)}"
    return {
        "backwards": "label backwards",
        "words backwards": "words of the label backwards",
        "cut": "the line goes on",
        "another language": "another script",
    }.get(one.kind, "says something else")


def _figures(audit: Audit) -> str:
    wrong = audit.wrong
    cells = [
        (f"{audit.num_lines:,}", "lines", False),
        (f"{len(audit.judged):,}", "of them read", False),
        (f"{audit.num_decided:,}", "could be judged", audit.says_nothing),
        (f"{wrong.share:.1%}", f"wrong labels ({wrong.low:.1%} to {wrong.high:.1%})", wrong.low > MANY_WRONG),
        (f"{len(audit.suspicious):,}", "suspicious lines read", False),
    ]
    boxes = "".join(
        f'<div class="{"wrong" if is_wrong else ""}"><b>{figure}</b><span>{what}</span></div>'
        for figure, what, is_wrong in cells
    )
    return f'<div class="figures">{boxes}</div>'


def _faults(audit: Audit, commands: str) -> str:
    if audit.says_nothing:
        return "<h2>Not judged</h2><p>The model is sure of too few lines. Another one may read them: <code>--model</code>.</p>"
    if not audit.faults:
        return "<h2>Nothing wrong</h2><p>No more lines disagree with their labels than the model's own mistakes explain.</p>"
    cards = "".join(map(_fault, audit.faults))
    pasted = f"<p>After a look at the list, this makes a corrected store:</p><pre><code>{shown(commands)}</code></pre>"
    return f"<h2>What is wrong</h2>{cards}{pasted if commands else ''}"


def _fault(fault: Fault) -> str:
    return (
        f'<section class="finding failed"><h2><span>{shown(fault.kind)}</span></h2>'
        f"<dl><dt>found</dt><dd>{shown(fault.told)}</dd><dt>change</dt><dd>{shown(fault.change)}</dd></dl></section>"
    )


def _groups(audit: Audit) -> str:
    worst = [(name, share) for name, share in audit.groups.items() if share.num][:MOST_GROUPS]
    if not worst:
        return ""
    head = [heading("document", "l"), heading("wrong labels", "l"), heading("95 %"), heading("lines read")]
    rows = [
        [
            row_heading(shown(name)),
            cell(bar(share.share) + f"{share.share:.0%}", "l"),
            cell(f"{share.low:.0%}–{share.high:.0%}"),
            cell(f"{share.judged:,}"),
        ]
        for name, share in worst
    ]
    return f"<section><h2>By document</h2>{table([head], rows)}</section>"


def _lines(audit: Audit, pictures: Mapping[int, NDArray[np.uint8]]) -> str:
    shown_lines = audit.suspicious[:MOST_LINES]
    if not shown_lines:
        return ""
    is_marked = any(one.kind in LACKING for one in shown_lines)
    legend = "<p>Label above, reading below; marked is what the label lacks.</p>" if is_marked else ""
    cards = "".join(_card(one, pictures.get(one.line.row)) for one in shown_lines)
    count = f"{len(shown_lines):,} of {len(audit.suspicious):,}, worst first"
    return f"<section><h2>Suspicious lines <small>{count}</small></h2>{legend}{cards}</section>"


def _card(one: Judged, image: NDArray[np.uint8] | None) -> str:
    line = one.line
    crop = (
        ""
        if image is None
        else picture(image, max_width_px=CROP_WIDTH_PX, max_height_px=CROP_HEIGHT_PX, jpeg_quality=CROP_QUALITY)
    )
    about = [f"row {line.row + 1:,}", f"confidence {line.confidence:.2f}", line.id, line.group]
    told = " · ".join(shown(text) for text in about if text)
    return (
        f"<article>{crop}<div><h3>{shown(what_is_wrong(one))}</h3>{_texts(one)}"
        f'<p class="about">{told}</p></div></article>'
    )


def _texts(one: Judged) -> str:
    """What the label says and what was read; side by side only where the two are one text but for what is missing."""
    line = one.line
    if one.kind in LACKING:
        return side_by_side(align(line.text, line.label))
    told = [("label", line.label), ("reading", line.text)]
    told += [(f"row {one.row + 1:,}", one.text)] if one.row is not None else []
    return "<dl>" + "".join(f"<dt>{name}</dt><dd>{shown(text)}</dd>" for name, text in told) + "</dl>"


_FOOTER = (
    "A line counts as wrong where another explanation fits what was read, or where the model is sure; not where it merely reads "
    "badly. Wrong labels: an estimate for all lines of the store, with its 95 % interval."
)
