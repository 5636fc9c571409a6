"""A store's statistics as one HTML page that needs nothing else: no script, no network, its font and pictures inside.

Every text of a store is escaped, and a content policy forbids the browser to load or run anything, whatever might have
slipped through. A character that the font lacks stands as its code point, so that nothing is shown as a blank.
"""

import base64
from collections import Counter
from collections.abc import Iterable, Sequence
from html import escape
from importlib import resources
from io import BytesIO

import cv2
import numpy as np

from hunmin import __version__
from hunmin.data.inspect.gallery import ODDITIES, Gallery, Seen
from hunmin.data.inspect.stats import PITCH_HEIGHT_PX, DataStats, percentile
from hunmin.data.store.codec import encode_image
from hunmin.text.charset import Charset

MOST_CHARACTERS = 3000
"""Of the charset's table; the rarest are left to the export's charset.txt."""
RARE = 10
"""A character seen less often is hardly learned from this store."""
CROP_HEIGHT_PX, CROP_WIDTH_PX = 80, 1600
POLICY = "default-src 'none'; img-src data:; font-src data:; style-src 'unsafe-inline'"

_CHART_WIDTH, _CHART_HEIGHT, _MOST_BARS = 480, 132, 60
_FONT = "HunminGothic.ttf"


def stats_page(name: str, stats: DataStats, gallery: Gallery, charset: Charset) -> str:
    """Write the page.

    Args:
        name: of the store.
        stats: counted over its samples.
        gallery: filled with its samples.
        charset: that `stats` counted unknown characters against.
    """
    font = _Font()
    sections = [
        f"<h1>{font.shown(name)}</h1>",
        _figures(stats, charset, font),
        _charts(stats),
        f'<div class="pair">{_shares("Kinds", stats.kinds, font)}{_shares("Scripts", stats.scripts, font)}</div>',
        _crops(gallery, charset, font),
        _unknown(stats, charset, font),
        _characters(stats, font),
        f"<footer>hunmin {__version__} · hunmin data stats</footer>",
    ]
    body = "\n".join(section for section in sections if section)
    style = (resources.files("hunmin.data.inspect") / "stats_page.css").read_text(encoding="utf-8")
    return (
        f'<!doctype html>\n<html lang="ko">\n<head>\n<meta charset="utf-8">\n'
        f'<meta http-equiv="Content-Security-Policy" content="{POLICY}">\n'
        '<meta name="viewport" content="width=device-width, initial-scale=1">\n'
        f"<title>{escape(name)}</title>\n<style>\n{font.face(body)}{style}</style>\n</head>\n"
        f"<body>\n<main>\n{body}\n</main>\n</body>\n</html>\n"
    )


class _Font:
    """The bundled gothic: what it can draw, and as much of it as a page needs."""

    def __init__(self) -> None:
        from fontTools.ttLib import TTFont

        self._content = (resources.files("hunmin") / "fonts" / _FONT).read_bytes()
        with TTFont(BytesIO(self._content), lazy=True) as font:
            self._coverage = frozenset(map(chr, font.getBestCmap()))

    def shown(self, text: str) -> str:
        """`text` as HTML in which every character can be seen."""
        return "".join(
            escape(one) if one in self._coverage else f'<span class="cp">U+{ord(one):04X}</span>' for one in text
        )

    def face(self, text: str) -> str:
        """The font, cut down to the characters of `text`, as a rule of CSS."""
        from fontTools.subset import Options, Subsetter
        from fontTools.ttLib import TTFont

        with TTFont(BytesIO(self._content)) as font:
            subsetter = Subsetter(Options(layout_features=[], hinting=False, notdef_outline=True))
            subsetter.populate(text=text)
            subsetter.subset(font)
            font.flavor = "woff"
            packed = BytesIO()
            font.save(packed)
        data = base64.b64encode(packed.getvalue()).decode("ascii")
        return f'@font-face {{ font-family: page; src: url("data:font/woff;base64,{data}"); }}\n'


def _figures(stats: DataStats, charset: Charset, font: _Font) -> str:
    num_rare = sum(num < RARE for num in stats.characters.values())
    unknown = stats.num_samples_with_unknown
    cells = [
        (f"{stats.num_samples:,}", "lines", False),
        (f"{stats.characters.total():,}", "characters", False),
        (f"{len(stats.characters):,}", "different ones", False),
        (f"{num_rare:,}", f"of them fewer than {RARE} times", False),
        (f"{unknown:,}", f"lines not in {font.shown(charset.name)}", unknown > 0),
        (f"{stats.num_empty_labels:,}", "empty labels", stats.num_empty_labels > 0),
    ]
    boxes = "".join(
        f'<div class="{"wrong" if wrong else ""}"><b>{figure}</b><span>{name}</span></div>'
        for figure, name, wrong in cells
    )
    return f'<div class="figures">{boxes}</div>'


def _charts(stats: DataStats) -> str:
    charts = [
        _histogram("Characters a line", "", stats.label_lengths),
        _histogram("Width of a character", f"px at height {PITCH_HEIGHT_PX}", stats.pitches_px),
        _histogram("Width over height", "", stats.aspects),
        _histogram("Height of the crops", "px", stats.heights_px),
    ]
    return f'<h2>Shapes</h2><div class="charts">{"".join(charts)}</div>'


def _histogram(title: str, unit: str, counts: Counter[int]) -> str:
    """Bars of equal bins; what lies beyond all but half a percent stands in the last one."""
    if not counts:
        return ""
    low, high, middle = min(counts), percentile(counts, 0.995), percentile(counts, 0.5)
    step = max(1, -(-(high - low + 1) // _MOST_BARS))
    num_bins = (high - low) // step + 1
    bins = [0] * num_bins
    for value, num in counts.items():
        bins[min((value - low) // step, num_bins - 1)] += num
    width, top = _CHART_WIDTH / num_bins, max(bins)
    height, base = _CHART_HEIGHT - 36, _CHART_HEIGHT - 18
    longest = max(counts)
    names = [
        f"{low + place * step}" + (f"–{low + place * step + step - 1}" if step > 1 else "") for place in range(num_bins)
    ]
    if longest > high:
        names[-1] = f"{low + (num_bins - 1) * step} and more"
    bars = "".join(
        f'<rect class="bar" x="{place * width:.1f}" y="{base - height * num / top:.1f}" '
        f'width="{max(width - 1, 0.5):.1f}" height="{max(height * num / top, 0.8 if num else 0):.1f}">'
        f"<title>{names[place]}: {num:,}</title></rect>"
        for place, num in enumerate(bins)
    )
    every = max(1, num_bins // 8)
    ticks = "".join(
        f'<text x="{(place + 0.5) * width:.1f}" y="{base + 14}" text-anchor="middle">{low + place * step:,}</text>'
        for place in range(0, num_bins, every)
    )
    x = ((middle - low) // step + 0.5) * width
    anchor = "start" if x < _CHART_WIDTH * 0.8 else "end"
    mark = (
        f'<path class="middle" d="M{x:.1f} 4V{base}"/>'
        f'<text x="{x + (5 if anchor == "start" else -5):.1f}" y="11" text-anchor="{anchor}">median {middle:,}</text>'
    )
    aside = ", ".join(part for part in (unit, f"up to {longest:,}" if longest > high else "") if part)
    return (
        f"<div><h3>{title}<small>{aside}</small></h3>"
        f'<svg viewBox="0 0 {_CHART_WIDTH} {_CHART_HEIGHT}" role="img" aria-label="{title}">{bars}'
        f'<path class="axis" d="M0 {base + 0.5}H{_CHART_WIDTH}"/>{ticks}{mark}</svg></div>'
    )


def _shares(title: str, counts: Counter[str], font: _Font) -> str:
    """Bars beside names, the longest first."""
    if not counts:
        return ""
    top, total = max(counts.values()), counts.total()
    rows = "".join(
        f'<span>{font.shown(name) or "unknown"}</span><i style="width:{100 * num / top:.2f}%"></i>'
        f"<span>{num:,} · {num / total:.1%}</span>"
        for name, num in counts.most_common()
    )
    return f'<section><h2>{title}</h2><div class="rows">{rows}</div></section>'


def _unknown(stats: DataStats, charset: Charset, font: _Font) -> str:
    if not stats.unknown_characters:
        return ""
    told = (
        f"{len(stats.unknown_characters):,} characters that {font.shown(charset.name)} lacks, in "
        f"{stats.num_samples_with_unknown:,} lines. A model with this charset cannot be trained on those lines."
    )
    glyphs = _glyphs(stats.unknown_characters.most_common(MOST_CHARACTERS), stats, font)
    return f"<h2>Not in the charset</h2><p>{told}</p>{glyphs}"


def _characters(stats: DataStats, font: _Font) -> str:
    if not stats.characters:
        return ""
    num, num_once = len(stats.characters), sum(num == 1 for num in stats.characters.values())
    told = f"{num:,} of them, the commonest first; {num_once:,} stand here only once."
    if num > MOST_CHARACTERS:
        told += f" The {num - MOST_CHARACTERS:,} rarest are not shown."
    return f"<h2>Characters</h2><p>{told}</p>{_glyphs(stats.characters.most_common(MOST_CHARACTERS), stats, font)}"


def _glyphs(characters: Iterable[tuple[str, int]], stats: DataStats, font: _Font) -> str:
    cells = "".join(
        f"<div{' class=unknown' if one in stats.unknown_characters else ''}><b>{'␣' if one == ' ' else font.shown(one)}</b>"
        f"<span>{num:,}</span></div>"
        for one, num in characters
    )
    return f'<div class="glyphs">{cells}</div>'


def _crops(gallery: Gallery, charset: Charset, font: _Font) -> str:
    kinds = "".join(
        f"<h3>{font.shown(kind) or 'of unknown kind'}</h3>{_row(kept, charset, font)}"
        for kind, kept in gallery.kinds.items()
    )
    odd = "".join(f"<h3>{name}</h3>{_row(gallery.oddest(name), charset, font)}" for name in ODDITIES)
    return f"<h2>Some of each kind</h2>{kinds}<h2>The oddest</h2>{odd}" if kinds else ""


def _row(kept: Sequence[Seen], charset: Charset, font: _Font) -> str:
    """Crops at one height, each above its number and its label; characters that the charset lacks are marked."""
    figures = []
    for seen in kept:
        label = "".join(
            font.shown(one) if one in charset else f"<em>{font.shown(one)}</em>" for one in seen.sample.text
        )
        figures.append(
            f'<figure><img src="{_data_url(seen)}" alt=""><figcaption><small>{seen.index + 1:,}</small>'
            f"{label or '<em>empty</em>'}</figcaption></figure>"
        )
    return f'<div class="crops">{"".join(figures)}</div>'


def _data_url(seen: Seen) -> str:
    image = seen.sample.image
    scale = min(1.0, CROP_HEIGHT_PX / image.shape[0], CROP_WIDTH_PX / image.shape[1])
    if scale < 1:
        size = (max(1, round(image.shape[1] * scale)), max(1, round(image.shape[0] * scale)))
        image = cv2.resize(image, size, interpolation=cv2.INTER_AREA).astype(np.uint8)
    return f"data:image/jpeg;base64,{base64.b64encode(encode_image(image, 88)).decode('ascii')}"
