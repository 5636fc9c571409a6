"""What `hunmin data audit` finds: faults put into stores of 50, 600 and 20,000 lines, label noise, and stores with nothing wrong.

    python benchmarks/bench_label_audit.py [--tables faults noise healthy mended] [--lines 600] [--seeds 200] [--large 20000]
        [--stores DIR] [--real DIR ...] [--out FILE.md]

Every store is generated, in faces and with texts that the bundled model was not trained on where there are some, and read once;
faults change its labels, or turn its pictures. Stores of 50 lines are drawn out of those of 600 by lot. A fault counts as
found where the audit names its kind and its particulars, such as by how many rows; what else it names is counted, too. Stores
and readings are kept in DIR for the next time, where one is given. Labelled crops from elsewhere are audited, too.
"""

import argparse
import tempfile
from collections import Counter
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import numpy as np
from audited_stores import Lines, healthy, read_store, write
from label_faults import LABEL_FAULTS, LabelFault, noise
from machine import heading, write_result
from mended_stores import mended_table
from real_lines import real_table

from hunmin.data.audit.audit import NUM_LINES, Audit
from hunmin.data.audit.lines import choose_rows
from hunmin.synth.config import default_config

TABLES = ("faults", "noise", "healthy", "mended")
SMALL = 50
SHARES = (0.05, 0.1, 0.2, 0.5)
TOLERATED = 0.03
DOCUMENTS, HALF = 20, 0.5
"""Of a store in which one has wrong labels, and their share there."""


def main(tables: list[str], num: int, seeds: int, large: int, folder: Path | None, real: list[Path]) -> str:
    """The tables."""
    with tempfile.TemporaryDirectory() as temporary:
        folder = folder or Path(temporary)
        folder.mkdir(parents=True, exist_ok=True)
        stores = dict(healthy(folder, num)) if tables else {}
        parts = [heading("Label audit", ("onnxruntime", "rapidfuzz", "numpy"))]
        parts += fault_tables(stores, seeds, folder, large) if "faults" in tables else []
        parts += noise_table(stores, seeds) if "noise" in tables else []
        parts += document_table(stores, seeds) if "noise" in tables else []
        parts += healthy_table(stores, seeds) if "healthy" in tables else []
        parts += mended_table(stores, folder) if "mended" in tables else []
        parts += real_table(real) if real else []
        return "\n".join(parts) + "\n"


def fault_tables(stores: dict[str, Lines], seeds: int, folder: Path, large: int) -> Iterator[str]:
    """Found and named, for each fault, size and sort of lines."""
    some = max(1, seeds // 10)
    columns = {"print": stores["all kinds"], "handwriting": stores["handwriting"]}
    num = len(columns["print"].lines)
    many = large_stores(folder, large, stores["handwriting"]) if large else {}
    heads = [f"{name}, {size}" for name in columns for size in (SMALL, num, *([f"{large:,}"] if large else []))]
    yield (
        f"\n## Faults\n\nNamed, of {some} stores of {SMALL} lines and of one of each other size; in brackets what else was named."
        f" Of {large:,} lines {NUM_LINES:,} are read in print, {num} in handwriting; the other labels there are those of print.\n"
    )
    yield "| fault | " + " | ".join(heads) + " |"
    yield "|---|" + "---|" * len(heads)
    for fault in LABEL_FAULTS:
        cells = []
        for name, lines in columns.items():
            small = [lines.some(rows) for rows in draws(len(lines.lines), SMALL, some)]
            cells += [named(fault, small), named(fault, [lines])]
            cells += [named(fault, [many[name]])] if many else []
        yield f"| {fault.name} | " + " | ".join(cells) + " |"


def draws(num: int, size: int, seeds: int) -> Iterator[list[int]]:
    """So many choices of rows, in their order."""
    for seed in range(seeds):
        yield sorted(np.random.default_rng([seed, num]).choice(num, size, replace=False).tolist())


def named(fault: LabelFault, stores: list[Lines]) -> str:
    """`20 of 20 (noise 1)`."""
    right, others = 0, Counter[str]()
    for seed, lines in enumerate(stores):
        rng = np.random.default_rng([seed, 7])
        labels = fault.damage(lines.labels, rng)
        turns = [fault.turn if rng.random() < fault.turned_share else None for _ in lines.lines] if fault.turn else []
        audit = lines.audited(labels, turns)
        hits = [one for one in audit.faults if one.kind == fault.kind and fault.words in one.told]
        right += bool(hits)
        others.update(one.kind for one in audit.faults if one not in hits)
    told = ", ".join(f"{kind} {count}" for kind, count in others.items())
    return f"{right} of {len(stores)}" + (f" ({told})" if told else "")


def large_stores(folder: Path, num: int, handwriting: Lines) -> dict[str, Lines]:
    """Many lines of which only some, by lot, are read, as the command does it; of handwriting, those of the smaller store."""
    path = write(folder, "large", default_config(), num, 31)
    printed = read_store(path, choose_rows(num, NUM_LINES, 0))
    return {
        "print": printed,
        "handwriting": handwriting.among(printed.labels, choose_rows(num, len(handwriting.lines), 0)),
    }


def noise_table(stores: dict[str, Lines], seeds: int) -> Iterator[str]:
    """How well the share of wrong labels is estimated."""
    num = len(stores["all kinds"].lines)
    sizes = {SMALL: max(1, seeds // 4), num: max(1, seeds // 8)}
    elsewhere = [label for name in ("document", "screen", "sign") for label in stores[name].labels]
    yield (
        f"\n## Label noise\n\n{' and '.join(f'{some} stores of {size}' for size, some in sizes.items())} lines for each row. "
        f"Error in points: mean, worst; within {TOLERATED:.0%}; true share in the 95 % interval; noise named.\n"
    )
    yield "| lines | wrong labels are | share | mean estimate | mean error | worst | within 3 points | in the interval | named |"
    yield "|---|---|---|---|---|---|---|---|---|"
    for name in ("all kinds", "handwriting"):
        for size, some in sizes.items():
            for whose, texts in (("other rows'", []), ("from elsewhere", elsewhere)):
                for share in SHARES:
                    audits = [
                        (lines.audited(noise(share, texts)(lines.labels, np.random.default_rng(seed))), lines)
                        for seed, rows in enumerate(draws(len(stores[name].lines), size, some))
                        for lines in [stores[name].some(rows)]
                    ]
                    yield f"| {name}, {size} | {whose} | {share:.0%} | {estimates([one for one, _ in audits], share, size)} |"


def estimates(audits: list[Audit], share: float, size: int) -> str:
    """The last cells of a row."""
    true = round(share * size) / size
    errors = [abs(audit.wrong.share - true) for audit in audits]
    within = sum(error <= TOLERATED for error in errors) / len(errors)
    covered = sum(audit.wrong.low <= true <= audit.wrong.high for audit in audits) / len(audits)
    found = sum(any(one.kind == "noise" for one in audit.faults) for audit in audits) / len(audits)
    mean = np.mean([audit.wrong.share for audit in audits])
    return f"{mean:.1%} | {100 * np.mean(errors):.1f} | {100 * max(errors):.1f} | {within:.0%} | {covered:.0%} | {found:.0%}"


def document_table(stores: dict[str, Lines], seeds: int) -> Iterator[str]:
    """Whether the document with the wrong labels is told."""
    some = max(1, seeds // 4)
    yield (
        f"\n## Label noise by document\n\n{DOCUMENTS} documents each, {HALF:.0%} of the labels of one of them wrong; {some} "
        "stores. The share told of that document: mean, and how often the true one is in its interval.\n"
    )
    yield "| lines | it is the worst | its share | in the interval |"
    yield "|---|---|---|---|"
    for name in ("all kinds", "handwriting"):
        told, shares, covered = 0, [], 0
        for seed in range(some):
            rng = np.random.default_rng([seed, 5])
            lines = stores[name].some(range(len(stores[name].lines)))
            size = len(lines.lines) // DOCUMENTS
            wrong = int(rng.integers(DOCUMENTS))
            lines.lines = [replace(line, group=f"{place // size}") for place, line in enumerate(lines.lines)]
            page = slice(wrong * size, (wrong + 1) * size)
            labels = list(lines.labels)
            labels[page] = noise(HALF, lines.labels)(labels[page], rng)
            groups = lines.audited(labels).groups
            told += next(iter(groups)) == str(wrong)
            found = groups[str(wrong)]
            shares.append(found.share)
            covered += found.low <= HALF <= found.high
        yield f"| {name}, {len(stores[name].lines)} | {told} of {some} | {np.mean(shares):.1%} | {covered} of {some} |"


def healthy_table(stores: dict[str, Lines], seeds: int) -> Iterator[str]:
    """False alarms."""
    num = len(stores["document"].lines)
    sizes = {SMALL: seeds, num // 2: max(1, seeds // 5)}
    drawn = " and ".join(f"{times} draws of {size} lines" for size, times in sizes.items())
    yield f"\n## Nothing wrong\n\nFaults named in {drawn} of each store, and in the whole store of {num}.\n"
    yield (
        "| store | judged | wrong labels, estimate | false alarms, "
        + " | ".join(f"{size} lines" for size in sizes)
        + " | whole |"
    )
    yield "|---|---|---|---|---|---|"
    totals = Counter[str]()
    for name, lines in stores.items():
        whole = lines.audited(lines.labels)
        cells = []
        for size, times in sizes.items():
            alarms = Counter[str]()
            for rows in draws(len(lines.lines), size, times):
                some = lines.some(rows)
                alarms.update(one.told.split(":")[0][:40] for one in some.audited(some.labels).faults)
            totals[f"{size}"] += alarms.total()
            cells.append(", ".join(f"{told} {count}" for told, count in alarms.items()) or "0")
        cells.append(", ".join(one.told for one in whole.faults) or "0")
        totals["whole"] += len(whole.faults)
        judged = f"{whole.num_decided} of {len(lines.lines)}"
        yield f"| {name} | {judged} | {whole.wrong} | " + " | ".join(cells) + " |"
    told = ", ".join(
        f"{totals[str(size)]} in {times * len(stores):,} draws of {size} lines" for size, times in sizes.items()
    )
    yield f"\nFalse alarms altogether: {told}, {totals['whole']} in {len(stores)} whole stores."


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description="Faults that the audit of labels finds, and false alarms.")
    parser.add_argument("--tables", nargs="*", choices=TABLES, default=list(TABLES))
    parser.add_argument("--lines", type=int, default=600)
    parser.add_argument("--seeds", type=int, default=200)
    parser.add_argument("--large", type=int, default=0, help="lines of a large store, such as 20000; takes minutes")
    parser.add_argument("--stores", type=Path, help="folder for stores and readings")
    parser.add_argument("--real", type=Path, nargs="+", default=[], help="folders of labelled crops")
    parser.add_argument("--out", type=Path)
    given = parser.parse_args()
    write_result(given.out, main(given.tables, given.lines, given.seeds, given.large, given.stores, given.real))
