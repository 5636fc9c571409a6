"""A store's statistics as a page: figures, shapes, kinds and scripts, crops, and every character."""

from collections import Counter
from collections.abc import Iterable, Sequence

from hunmin.data.inspect.gallery import ODDITIES, Gallery, Seen
from hunmin.data.inspect.stats import PITCH_HEIGHT_PX, DataStats, percentile
from hunmin.html.charts import histogram, shares
from hunmin.html.page import page
from hunmin.html.pictures import picture
from hunmin.html.text import shown
from hunmin.text.charset import Charset
from hunmin.version import __version__

MOST_CHARACTERS = 3000
"""Of the charset's table; the rarest are left to the export's charset.txt."""
RARE = 10
"""A character seen less often is hardly learned from this store."""
CROP_HEIGHT_PX, CROP_WIDTH_PX, CROP_QUALITY = 80, 1600, 88


def stats_page(name: str, stats: DataStats, gallery: Gallery, charset: Charset) -> str:
    """Write the page.

    Args:
        name: of the store.
        stats: counted over its samples.
        gallery: filled with its samples.
        charset: that `stats` counted unknown characters against.
    """
    sections = [
        f"<h1>{shown(name)}</h1>",
        _figures(stats, charset),
        _charts(stats),
        f'<div class="columns">{_shares("Kinds", stats.kinds)}{_shares("Scripts", stats.scripts)}</div>',
        _crops(gallery, charset),
        _unknown(stats, charset),
        _characters(stats),
    ]
    return page(name, sections, footer=f"hunmin {__version__} · hunmin data stats")


def _figures(stats: DataStats, charset: Charset) -> str:
    num_rare = sum(num < RARE for num in stats.characters.values())
    unknown = stats.num_samples_with_unknown
    cells = [
        (f"{stats.num_samples:,}", "lines", False),
        (f"{stats.characters.total():,}", "characters", False),
        (f"{len(stats.characters):,}", "different ones", False),
        (f"{num_rare:,}", f"of them fewer than {RARE} times", False),
        (f"{unknown:,}", f"lines not in {shown(charset.name)}", unknown > 0),
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
    return f'<h2>Shapes</h2><div class="columns">{"".join(charts)}</div>'


def _histogram(title: str, unit: str, counts: Counter[int]) -> str:
    """What lies beyond all but half a percent stands in the last bar."""
    if not counts:
        return ""
    return histogram(title, unit, counts, median=percentile(counts, 0.5), last=percentile(counts, 0.995))


def _shares(title: str, counts: Counter[str]) -> str:
    return f"<section><h2>{title}</h2>{shares(counts, unnamed='unknown')}</section>" if counts else ""


def _unknown(stats: DataStats, charset: Charset) -> str:
    if not stats.unknown_characters:
        return ""
    told = (
        f"{len(stats.unknown_characters):,} characters that {shown(charset.name)} lacks, in "
        f"{stats.num_samples_with_unknown:,} lines. A model with this charset cannot be trained on those lines."
    )
    glyphs = _glyphs(stats.unknown_characters.most_common(MOST_CHARACTERS), stats)
    return f"<h2>Not in the charset</h2><p>{told}</p>{glyphs}"


def _characters(stats: DataStats) -> str:
    if not stats.characters:
        return ""
    num, num_once = len(stats.characters), sum(num == 1 for num in stats.characters.values())
    told = f"{num:,} of them, the commonest first; {num_once:,} stand here only once."
    if num > MOST_CHARACTERS:
        told += f" The {num - MOST_CHARACTERS:,} rarest are not shown."
    return f"<h2>Characters</h2><p>{told}</p>{_glyphs(stats.characters.most_common(MOST_CHARACTERS), stats)}"


def _glyphs(characters: Iterable[tuple[str, int]], stats: DataStats) -> str:
    cells = "".join(
        f"<div{' class=unknown' if one in stats.unknown_characters else ''}><b>{'␣' if one == ' ' else shown(one)}</b>"
        f"<span>{num:,}</span></div>"
        for one, num in characters
    )
    return f'<div class="glyphs">{cells}</div>'


def _crops(gallery: Gallery, charset: Charset) -> str:
    kinds = "".join(
        f"<h3>{shown(kind) or 'of unknown kind'}</h3>{_row(kept, charset)}" for kind, kept in gallery.kinds.items()
    )
    odd = "".join(f"<h3>{name}</h3>{_row(gallery.oddest(name), charset)}" for name in ODDITIES)
    return f"<h2>Some of each kind</h2>{kinds}<h2>The oddest</h2>{odd}" if kinds else ""


def _row(kept: Sequence[Seen], charset: Charset) -> str:
    """Crops at one height, each above its number and its label; characters that the charset lacks are marked."""
    figures = []
    for seen in kept:
        crop = picture(
            seen.sample.image, max_width_px=CROP_WIDTH_PX, max_height_px=CROP_HEIGHT_PX, jpeg_quality=CROP_QUALITY
        )
        label = "".join(shown(one) if one in charset else f"<em>{shown(one)}</em>" for one in seen.sample.text)
        figures.append(
            f"<figure>{crop}<figcaption><small>{seen.index + 1:,}</small>{label or '<em>empty</em>'}</figcaption></figure>"
        )
    return f'<div class="crops">{"".join(figures)}</div>'
