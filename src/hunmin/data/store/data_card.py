"""The page that goes with exported data: what it is, what was left out, and what its owner must still say about it."""

from bisect import bisect_right
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field

from hunmin.data.inspect.stats import percentile, script
from hunmin.data.store.manifest import Counts, Manifest
from hunmin.version import __version__

_SIZES = (1_000, 10_000, 100_000, 1_000_000, 10_000_000, 100_000_000)
_SIZE_NAMES = ("1K", "10K", "100K", "1M", "10M", "100M")
_NUM_SHOWN = 200


@dataclass
class CardCounts:
    """What is counted while samples pass by."""

    labels: Counts = field(default_factory=Counts)
    groups: set[int] = field(default_factory=set)
    """Hashes of the documents, writers or pages."""

    def add(self, text: str, kind: str, group: str) -> None:
        """Count one sample."""
        self.labels.add(text, kind)
        if group:
            self.groups.add(hash(group))


def data_card(name: str, counts: CardCounts, manifest: Manifest | None, layout: str, config: str = "") -> str:
    """The card as Markdown, with the header that dataset hubs read.

    Args:
        name: of the data set.
        counts: over all samples.
        manifest: of the store that was exported; None for a published set.
        layout: how the files lie, in Markdown.
        config: lines of the header that say where the data files are.
    """
    lengths, characters = counts.labels.lengths, counts.labels.characters
    num_samples = lengths.total()
    figures = {"lines": f"{num_samples:,}"}
    if counts.groups:
        figures["documents, writers or pages"] = f"{len(counts.groups):,}"
    if lengths:
        middle, long = percentile(lengths, 0.5), percentile(lengths, 0.9)
        figures["characters a line"] = f"median {middle}, 90 % at most {long}, longest {max(lengths)}"
    if lengths[0]:
        figures["empty labels"] = f"{lengths[0]:,}"
    figures["different characters"] = f"{len(characters):,}, all in `charset.txt`, commonest first"
    if manifest:
        figures["written by"] = _cell(manifest.created_by)
        figures["content digest"] = f"`{manifest.content_digest}`"
    scripts = Counter[str]()
    for character, num in characters.items():
        scripts[script(character)] += num
    commonest = "".join(character for character, _ in characters.most_common(_NUM_SHOWN) if character != " ")
    kinds = {key or "unknown": num for key, num in counts.labels.kinds.most_common()}
    parts = [
        _header(num_samples, config),
        f"# {_cell(name)}",
        "Images of single lines or words of text, each with what it says. Labels are Unicode NFC with single spaces.",
        f"## Files\n\n{layout}",
        "## Figures\n\n" + _table(("", ""), figures),
        "## Kinds\n\n" + _table(("kind", "lines"), {_cell(kind): f"{num:,}" for kind, num in kinds.items()}),
        "## Scripts\n\n" + _table(("script", "characters"), {name: f"{n:,}" for name, n in scripts.most_common()}),
        f"The commonest characters: {_cell(commonest)}" if commonest else "",
        _left_out(manifest),
        "## Sources and licence\n\n"
        "TO FILL IN: where the images are from, who owns them, under which licence, and whether passing them on is "
        "allowed at all. Some publishers, AI Hub among them, forbid it.\n\n"
        "TO FILL IN: whether names, numbers or handwriting of living people can be read, and what was done about it.",
        f"Exported by hunmin {__version__}.",
    ]
    return "\n\n".join(part for part in parts if part) + "\n"


def _header(num_samples: int, config: str) -> str:
    step = min(bisect_right(_SIZES, num_samples), len(_SIZES) - 1)
    size = f"n<{_SIZE_NAMES[0]}" if step == 0 else f"{_SIZE_NAMES[step - 1]}<n<{_SIZE_NAMES[step]}"
    return (
        "---\nlicense: unknown  # TO FILL IN\nlanguage:\n- ko\ntask_categories:\n- image-to-text\n"
        f"size_categories:\n- {size}\n{config}---"
    )


def _left_out(manifest: Manifest | None) -> str:
    if manifest is None or not manifest.dropped:
        return ""
    rows = {
        _cell(reason): f"{num:,} | {_cell(', '.join(manifest.drop_examples.get(reason, [])[:2]))}"
        for reason, num in sorted(manifest.dropped.items(), key=lambda pair: -pair[1])
    }
    told = f"Of {manifest.seen:,} lines that were looked at, {manifest.num_samples:,} were kept."
    return f"## Left out\n\n{told}\n\n" + _table(("reason", "lines", "such as"), rows)


def _table(head: tuple[str, ...], rows: Mapping[str, str]) -> str:
    lines = [
        f"| {' | '.join(head)} |",
        "|---" * len(head) + "|",
        *(f"| {name} | {text} |" for name, text in rows.items()),
    ]
    return "\n".join(lines)


def _cell(text: str) -> str:
    """Text of unknown origin that neither breaks a table nor becomes markup."""
    return "".join(
        f"&#{ord(character)};" if character in "\\`*_{}[]<>()#|&!~$" or not character.isprintable() else character
        for character in text
    )
