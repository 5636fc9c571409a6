"""Bars beside names, histograms, and points over a logarithmic axis."""

import math
from collections import Counter
from collections.abc import Sequence

from hunmin.html.text import shown

_WIDTH, _HEIGHT, _MOST_BARS = 480, 132, 60
_TICKS = 8


def bar(share: float) -> str:
    """A bar in a line of text; `share`, 0 to 1, of it is full."""
    return f'<span class="bar"><span style="width:{100 * share:.1f}%"></span></span>'


def shares(counts: Counter[str], *, unnamed: str) -> str:
    """A bar, a count and a share for each name, the longest first; `unnamed` stands for the empty name."""
    top, total = max(counts.values()), counts.total()
    rows = "".join(
        f'<span>{shown(name or unnamed)}</span><i style="width:{100 * num / top:.2f}%"></i>'
        f"<span>{num:,} · {num / total:.1%}</span>"
        for name, num in counts.most_common()
    )
    return f'<div class="shares">{rows}</div>'


def histogram(title: str, unit: str, counts: Counter[int], *, median: int, last: int) -> str:
    """Bars of equal bins, a mark at the median.

    Args:
        title: plain words.
        unit: of the values, beside the title; empty = none.
        counts: value → how often it was counted; at least one value.
        median: of the values.
        last: values above this stand together in the last bar.
    """
    low, longest, base = min(counts), max(counts), _HEIGHT - 18
    step = max(1, -(-(last - low + 1) // _MOST_BARS))
    num_bins = (last - low) // step + 1
    bins = [0] * num_bins
    for value, num in counts.items():
        bins[min((value - low) // step, num_bins - 1)] += num
    width, scale = _WIDTH / num_bins, (_HEIGHT - 36) / max(bins)
    starts = [low + place * step for place in range(num_bins)]
    names = [f"{start}–{start + step - 1}" if step > 1 else str(start) for start in starts]
    if longest > last:
        names[-1] = f"{starts[-1]} and more"
    bars = "".join(
        f'<rect x="{place * width:.1f}" y="{base - scale * num:.1f}" '
        f'width="{max(width - 1, 0.5):.1f}" height="{max(scale * num, 0.8 if num else 0):.1f}">'
        f"<title>{names[place]}: {num:,}</title></rect>"
        for place, num in enumerate(bins)
    )
    ticks = "".join(
        f'<text x="{(place + 0.5) * width:.1f}" y="{base + 14}" text-anchor="middle">{starts[place]:,}</text>'
        for place in range(0, num_bins, max(1, num_bins // _TICKS))
    )
    aside = ", ".join(part for part in (unit, f"up to {longest:,}" if longest > last else "") if part)
    return (
        f"<div><h3>{title}<small>{aside}</small></h3>"
        f'<svg viewBox="0 0 {_WIDTH} {_HEIGHT}" role="img" aria-label="{title}">{bars}'
        f'<path class="axis" d="M0 {base + 0.5}H{_WIDTH}"/>{ticks}'
        f"{_mark(((median - low) // step + 0.5) * width, base, f'median {median:,}')}</svg></div>"
    )


def points_over_powers(
    title: str,
    points: Sequence[tuple[float, float]],
    *,
    ring: float,
    good: float,
    line: tuple[str, float],
) -> str:
    """Values over x on a logarithmic axis, whose good ones fill the chart however bad the others are.

    Args:
        title: plain words.
        points: (x, y) by rising x, x above 0; at least one. A y that is no number stands at the upper edge, as one that is
            far too high.
        ring: the x whose point gets a ring.
        good: values up to this are good; their band is shaded.
        line: name and value of a dashed line.
    """
    name, value = line
    height, base, left, right = 240, 210, 44, 8
    top = 1.35 * value
    low, high = math.log10(points[0][0]) - 0.15, math.log10(points[-1][0]) + 0.15

    def across(x: float) -> float:
        return left + (math.log10(x) - low) / max(high - low, 1e-9) * (_WIDTH - left - right)

    def up(y: float) -> float:
        return base - min(y if math.isfinite(y) else top, top) / top * (base - 24)

    powers = [10.0**power for power in range(math.ceil(low), math.floor(high) + 1)]
    axis = "".join(
        f'<path class="axis" d="M{across(x):.1f} 24V{base}"/>'
        f'<text x="{across(x):.1f}" y="{base + 15}" text-anchor="middle">{x:g}</text>'
        for x in powers
    )
    axis += "".join(
        f'<text x="{left - 6}" y="{up(y) + 4:.1f}" text-anchor="end">{y:.2g}</text>' for y in (0.0, good, value)
    )
    dots = "".join(
        f'<circle class="{"ring" if x == ring else ""}" cx="{across(x):.1f}" cy="{up(y):.1f}" r="{8 if x == ring else 4.5}">'
        f"<title>{x:g}: {y:.3g}</title></circle>"
        + (f'<text x="{across(x):.1f}" y="14" text-anchor="middle">↑ {y:.3g}</text>' if not y <= top else "")
        for x, y in points
    )
    path = "L".join(f"{across(x):.1f} {up(y):.1f}" for x, y in points)
    return (
        f"<div><h3>{title}</h3>"
        f'<svg width="{_WIDTH}" height="{height}" viewBox="0 0 {_WIDTH} {height}" role="img" aria-label="{title}">'
        f'<rect class="good" x="{left}" y="{up(good):.1f}" width="{_WIDTH - left - right}" height="{base - up(good):.1f}"/>'
        f'{axis}<path class="axis" d="M{left} {base}H{_WIDTH - right}"/>'
        f'<path class="mark" d="M{left} {up(value):.1f}H{_WIDTH - right}"/>'
        f'<text x="{_WIDTH - right}" y="{up(value) - 5:.1f}" text-anchor="end">{name}</text>'
        f'<path class="line" d="M{path}"/>{dots}</svg></div>'
    )


def _mark(x: float, base: int, name: str) -> str:
    """A dashed line with its name to the right of it, or to the left where there is no room."""
    anchor, aside = ("start", 5) if x < _WIDTH * 0.8 else ("end", -5)
    return (
        f'<path class="mark" d="M{x:.1f} 4V{base}"/>'
        f'<text x="{x + aside:.1f}" y="11" text-anchor="{anchor}">{name}</text>'
    )
