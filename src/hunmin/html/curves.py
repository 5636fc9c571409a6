"""Lines over steps: a chart for a page, or several of them as one SVG file."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from hunmin.html.text import shown

Point = tuple[float, float]
"""(x, y)."""

WIDTH, HEIGHT = 460, 230
LEFT, RIGHT, TOP, BOTTOM = 52, 24, 44, 26
MOST_POINTS: Final = 150
"""Of a line; more are joined, several to their mean."""
NUM_TICKS = 5
NUM_COLOURS = 4
STYLE: Final = """
svg { background: #fbfaf7; color: #1d1c1a; }
text { font: 11px system-ui, sans-serif; fill: #6b675f; font-variant-numeric: tabular-nums; }
text.title { font-size: 14px; font-weight: 600; fill: #1d1c1a; }
path { fill: none; stroke-linejoin: round; }
.grid { stroke: #e4e0d8; } .mark { stroke: #6b675f; stroke-dasharray: 4 3; }
.c0 { stroke: #35507c; } .c1 { stroke: #b3261e; } .c2 { stroke: #8f5600; } .c3 { stroke: #2f7d4f; }
tspan { stroke: none; }
tspan.c0 { fill: #35507c; } tspan.c1 { fill: #b3261e; } tspan.c2 { fill: #8f5600; } tspan.c3 { fill: #2f7d4f; }
@media (prefers-color-scheme: dark) {
  svg { background: #16171a; color: #eceae6; } text.title { fill: #eceae6; } text { fill: #a19e96; }
  .grid { stroke: #32343a; } .mark { stroke: #a19e96; }
  .c0 { stroke: #8fb0e8; } .c1 { stroke: #ff9a8f; } .c2 { stroke: #f0b65c; } .c3 { stroke: #7fd0a0; }
  tspan.c0 { fill: #8fb0e8; } tspan.c1 { fill: #ff9a8f; } tspan.c2 { fill: #f0b65c; } tspan.c3 { fill: #7fd0a0; }
}
"""


@dataclass(frozen=True)
class Chart:
    """What stands in one chart."""

    title: str
    lines: Mapping[str, Sequence[Point]]
    """By name, each by rising x; empty ones are left out."""
    marks: Mapping[str, float]
    """Values to compare with, by name: dashed lines."""
    most: float | None = None
    """Values above it are drawn at the upper edge; None = none is."""
    in_percent: bool = False


def svg_file(charts: Sequence[Chart], columns: int = 2) -> str:
    """Charts beside and below one another, as a file that needs no other."""
    filled = [chart for chart in charts if any(chart.lines.values())]
    rows = -(-len(filled) // columns)
    width, height = columns * WIDTH, max(1, rows) * HEIGHT
    placed = "".join(
        f'<g transform="translate({place % columns * WIDTH} {place // columns * HEIGHT})">{draw(chart)}</g>'
        for place, chart in enumerate(filled)
    )
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{width}" height="{height}" viewBox="0 0 {width} {height}">'
        f"<style>{STYLE}</style>{placed}</svg>\n"
    )


def draw(chart: Chart) -> str:
    """One chart, `WIDTH` × `HEIGHT`, without an element around it."""
    lines = {name: thinned(points) for name, points in chart.lines.items() if points}
    xs = [x for points in lines.values() for x, _ in points]
    ys = [y for points in lines.values() for _, y in points if math.isfinite(y)]
    top = max([*ys, *chart.marks.values(), 1e-12])
    if chart.most is not None:
        top = min(top, chart.most)
    y_ticks, x_ticks = ticks(top), ticks(max(xs))
    top, last = y_ticks[-1], max(*xs, x_ticks[-1], 1e-12)
    scale_x = (WIDTH - LEFT - RIGHT) / last

    def place(x: float, y: float) -> str:
        height = min(max(y, 0.0), top) if math.isfinite(y) else top
        return f"{LEFT + x * scale_x:.1f} {HEIGHT - BOTTOM - height / top * (HEIGHT - TOP - BOTTOM):.1f}"

    right = WIDTH - RIGHT
    grid = "".join(
        f'<path class="grid" d="M{place(0, y)}H{right}"/>'
        f'<text x="{LEFT - 6}" y="{float(place(0, y).split()[1]) + 4:.1f}" text-anchor="end">{number(y, chart.in_percent)}</text>'
        for y in y_ticks
    )
    grid += "".join(
        f'<text x="{place(x, 0).split()[0]}" y="{HEIGHT - 9}" text-anchor="middle">{x:,.0f}</text>' for x in x_ticks
    )
    drawn = "".join(
        f'<path class="c{colour % NUM_COLOURS}" stroke-width="1.6" d="M{"L".join(place(x, y) for x, y in points)}"/>'
        for colour, points in enumerate(lines.values())
    )
    for name, value in chart.marks.items():
        x, y = place(0, value).split()
        drawn += f'<path class="mark" d="M{x} {y}H{right}"/>'
        told = f"{shown(name)} {number(value, chart.in_percent)}"
        drawn += f'<text x="{right}" y="{float(y) - 4:.1f}" text-anchor="end">{told}</text>'
    return f'<text class="title" x="{LEFT}" y="18">{shown(chart.title)}</text>{_legend(lines)}{grid}{drawn}'


def _legend(lines: Mapping[str, Sequence[Point]]) -> str:
    """The names of the lines in their colours, where there are several."""
    if len(lines) < 2:  # noqa: PLR2004 - the title names one
        return ""
    names = "".join(
        f'<tspan class="c{colour % NUM_COLOURS}" dx="10">{shown(name)}</tspan>' for colour, name in enumerate(lines)
    )
    return f'<text x="{LEFT - 10}" y="34">{names}</text>'


def thinned(points: Sequence[Point]) -> list[Point]:
    """At most `MOST_POINTS` of them: neighbours joined to their mean."""
    step = -(-len(points) // MOST_POINTS)
    parts = (points[start : start + step] for start in range(0, len(points), step))
    return [(part[-1][0], sum(y for _, y in part) / len(part)) for part in parts]


def ticks(top: float) -> list[float]:
    """Round numbers from 0 to `top` or just above it."""
    raw = max(top, 1e-12) / NUM_TICKS
    power = 10 ** math.floor(math.log10(raw))
    step = next(factor * power for factor in (1, 2, 2.5, 5, 10) if factor * power >= raw)
    return [step * place for place in range(math.ceil(top / step - 1e-9) + 1)]


def number(value: float, in_percent: bool = False) -> str:
    """As short as it can be: 2e-3, 3.5, 12,000, 40 %."""
    if in_percent:
        return f"{100 * value:.0f} %"
    if value and abs(value) < 0.01:  # noqa: PLR2004 - zeros are hard to count
        digits, _, power = f"{value:.2e}".partition("e")
        return f"{digits.rstrip('0').rstrip('.')}e{int(power)}"
    return f"{value:,.4g}" if abs(value) < 1e4 else f"{value:,.0f}"  # noqa: PLR2004 - as four digits
