"""Checks of what the labels say."""

import unicodedata
from collections import Counter
from collections.abc import Iterator

import numpy as np

from hunmin.data.loading.stream import StoreSource
from hunmin.data.sample import Sample
from hunmin.data.store.lmdb_store import Store
from hunmin.diagnosis.case import Case
from hunmin.diagnosis.checks.label_audit import audit_command, audited_fault
from hunmin.diagnosis.findings import Finding, grade
from hunmin.text.charset import korean
from hunmin.text.hangul import decompose, is_syllable

LARGEST_COUNT = 200_000
"""Labels that are read of a set without a manifest."""
REAL_WIDTH_PX = 20
"""Pixels a character at a height of 32: the median of 228 Korean line crops of five kinds, and of 400 generated ones."""
FEWEST_TO_JUDGE = 20
"""Lines from which a share says something."""
LONG_LINE = 10
"""Syllables from which a line nearly always has a space: 61 of 64 such real crops, 111 of 116 such generated ones."""


def unknown_characters(case: Case) -> Finding:
    """The labels hold characters that the charset lacks.

    The model has one output for each character of its charset, so it can never write any other. Training stops at such a
    label, or leaves the line out (`data.on_unknown_character=drop`); other toolkits cut the character out of the label while
    the picture still shows it, and the model learns to skip what it sees. The usual reasons: a charset taken from a part of
    the data, the 2,350 syllables of KS X 1001 for texts that need others, or labels in full-width forms.
    """
    charset, counts = case.tokenizer.charset, _characters(case)
    unknown = Counter({character: num for character, num in counts.items() if character not in charset})
    share = unknown.total() / max(counts.total(), 1)
    lines = sum(bool(charset.missing(sample.text)) for sample in case.samples) / len(case.samples)
    expected = f"every character in charset {charset.name!r}"
    top = " ".join(f"{character!r} {num:,}" for character, num in unknown.most_common(10))
    measured = f"{share:.2%} of {counts.total():,} characters unknown, in {lines:.1%} of lines" if unknown else "none"
    figures = {"share_of_characters": share, "share_of_lines": lines}
    stops = bool(unknown) and case.config.data.on_unknown_character == "error"
    status = "failed" if stops else grade(lines)
    if status == "passed":
        return Finding("unknown_characters", status, measured, expected, figures=figures)
    korean_has_all = all(character in korean() for character in unknown)
    return Finding(
        "unknown_characters",
        status,
        f"{measured}: {top}",
        expected,
        "the charset is smaller than the text: " + ("training stops there" if stops else "these lines are left out"),
        "data.charset=korean" if korean_has_all else "data.on_unknown_character=drop",
        figures,
    )


def label_length(case: Case) -> Finding:
    """The labels are longer than the model can write.

    The decoder has a fixed number of positions (`data.max_label_length`). hunmin leaves longer lines out and counts them;
    other toolkits cut the label (at 25, often), and the model learns to stop in the middle of a line. Long lines are mostly
    sentences rather than words, so a model that never sees them reads sentences badly.
    """
    limit, lengths = case.spec.max_label_length, _lengths(case)
    share = sum(num for length, num in lengths.items() if length > limit) / lengths.total()
    longest = max(lengths)
    measured, expected = f"{share:.1%} of lines have more than {limit}, the longest {longest}", f"at most {limit}"
    status = grade(share)
    if status == "passed":
        return Finding("label_length", status, measured, expected, figures={"share": share, "longest": longest})
    return Finding(
        "label_length",
        status,
        measured,
        expected,
        "the model has fewer positions than these lines have characters, so they are left out",
        f"data.max_label_length={-(-longest // 8) * 8}",
        {"share": share, "longest": longest},
    )


def label_form(case: Case) -> Finding:
    """The labels were damaged on their way: emptied, stripped of Hangul, or in another Unicode form.

    Tools made for English bring labels to ASCII first. Of a Korean label that leaves the digits, or nothing; the pictures
    still show everything, and the model learns that Hangul means nothing. On a Mac a syllable may come as two or three jamo
    (NFD), which are other characters than the syllable; hunmin puts them together when it reads a store. Full-width letters
    and digits look like the plain ones, so no model can tell which of both a label wants.
    """
    texts = [sample.text for sample in case.samples]
    empty = sum(not text for text in texts) / len(texts)
    apart = sum(not unicodedata.is_normalized("NFC", text) for text in texts) / len(texts)
    wide = sum(any(_is_full_width(character) for character in text) for text in texts) / len(texts)
    written = [text for text in texts if text]
    hangul = sum(any(map(is_syllable, text)) for text in written) / max(len(written), 1)
    charset_has_hangul = any(map(is_syllable, case.spec.characters))
    spacing = float(np.median([px_a_character(sample) for sample in case.samples if sample.text] or [0.0]))
    figures = {"empty": empty, "not_nfc": apart, "full_width": wide, "with_hangul": hangul, "px_a_character": spacing}
    measured = (
        f"{empty:.1%} empty, {apart:.1%} not NFC, {wide:.1%} with full-width letters, {hangul:.0%} with Hangul, "
        f"{spacing:.0f} px a character"
    )
    expected = f"labels that say all that the picture shows: with Hangul, about {REAL_WIDTH_PX} px a character"
    if grade(empty) != "passed" or (charset_has_hangul and not hangul and len(texts) >= FEWEST_TO_JUDGE):
        cause = "labels lost their Hangul: something brought them to ASCII, or read them with a wrong encoding"
        change = "Import the labels again from their source, as UTF-8 and without any normalisation but NFC."
        return Finding("label_form", "failed", measured, expected, cause, change, figures)
    lost = audited_fault(case, {"stripped", "cut"})
    if lost and "spaces" not in lost[2].told:  # which have a check of their own
        path, _, fault = lost
        command = audit_command(path)
        return Finding("label_form", "failed", measured, expected, fault.told, fault.change, figures, command=command)
    if apart:
        cause = "labels are in NFD, where a syllable is two or three characters"
        return Finding(
            "label_form", "failed", measured, expected, cause, "Bring each label to NFC: normalize_label.", figures
        )
    if grade(wide) != "passed":
        cause = "letters and digits in full-width forms, which look like the plain ones"
        change = "Map full-width letters and digits to ASCII in the labels."
        return Finding("label_form", "warning", measured, expected, cause, change, figures)
    # As if two characters of three were missing.
    if spacing > 3 * REAL_WIDTH_PX:
        cause = (
            "labels are much shorter than their pictures: characters were deleted from them, or crops hold more text"
        )
        return Finding(
            "label_form", "warning", measured, expected, cause, "Compare some labels with their pictures.", figures
        )
    return Finding("label_form", "passed", measured, expected, figures=figures)


def spaces(case: Case) -> Finding:
    """The spaces were taken out of the labels.

    Published loaders remove spaces by default. A Korean line without them is another text, and a model that never saw a
    space never writes one: every line it reads must then be spaced by guessing.
    """
    long = [sample.text for sample in case.samples if sum(map(is_syllable, sample.text)) >= LONG_LINE]
    share = sum(" " not in text for text in long) / max(len(long), 1)
    measured = f"{share:.0%} of {len(long)} lines with {LONG_LINE} or more syllables have no space"
    expected = "few: words of that length are rare"
    figures = {"share": share, "lines": len(long)}
    # Names and lists do have long words: 5 % of long lines are one.
    status = grade(share, 1 / 3, 2 / 3) if len(long) >= FEWEST_TO_JUDGE else "passed"
    command, lost = "", audited_fault(case, {"stripped"}, "spaces")
    if lost:
        status, measured, command = "failed", f"{measured}; {lost[2].told}", audit_command(lost[0])
    if status == "passed":
        return Finding("spaces", status, measured, expected, figures=figures)
    return Finding(
        "spaces",
        status,
        measured,
        expected,
        "spaces were removed from the labels",
        "Import the labels again with their spaces; hunmin keeps them.",
        figures,
        command=command,
    )


def label_distribution(case: Case) -> Finding:
    """One text dominates the labels.

    A model that always answers the commonest text is right as often as that text occurs. Its loss falls at once, it answers
    the same for every picture, and only then begins, slowly, to look.
    """
    texts = Counter(sample.text for sample in case.samples if sample.text)
    text, num = (texts.most_common(1) or [("", 0)])[0]
    share = num / max(texts.total(), 1)
    measured = f"{text[:20]!r} is {share:.1%} of {texts.total()} lines, {len(texts)} different"
    expected = "no text above 10 %"
    status = grade(share, 0.1, 0.25) if texts.total() >= FEWEST_TO_JUDGE else "passed"
    if status == "passed":
        return Finding("label_distribution", status, measured, expected, figures={"share": share})
    return Finding(
        "label_distribution",
        status,
        measured,
        expected,
        "answering one text for every picture already pays, so the model does",
        "Keep only some of its lines, or give another source more weight: data.sources=[{path: A}, {path: B, weight: 5}]",
        {"share": share},
    )


def rare_characters(case: Case) -> Finding:
    """Too much of the text is made of characters that training hardly shows.

    The share of characters that occur exactly once estimates how much of new text was never seen at all (Good, 1953). A
    dense head cannot write those, so that share is a floor under the character error rate. A factored head learns a syllable
    from its consonants and vowels, which other syllables teach it too; it is judged by those parts.
    """
    if any(source.num_samples is None for source in case.sources):
        measured = "a generator is among the sources; it draws every character again and again"
        return Finding("rare_characters", "passed", measured, "no more than 1 % never seen")
    factored = case.config.model.head.kind == "factored"
    units = Counter[str]()
    for character, num in _characters(case).items():
        for unit in _units(character, factored):
            units[unit] += num
    unseen = sum(num == 1 for num in units.values()) / max(units.total(), 1)
    what = "jamo and other characters" if factored else "characters"
    measured = f"{len(units):,} different {what}; {unseen:.1%} of new text will be ones never seen"
    status, expected = grade(unseen), "no more than 1 % never seen"
    if status == "passed":
        return Finding("rare_characters", status, measured, expected, figures={"unseen": unseen})
    paths = ", ".join(f"{{path: {one.path}}}" for one in case.config.data.sources)
    return Finding(
        "rare_characters",
        status,
        measured,
        expected,
        "too few lines for so many characters" + ("" if factored else ", and a dense head learns each one by itself"),
        f"data.sources=[{paths}, {{path: synth}}]" if factored else "model.head.kind=factored",
        {"unseen": unseen},
    )


def _units(character: str, factored: bool) -> Iterator[str]:
    if not factored or not is_syllable(character):
        yield character
        return
    cho, jung, jong = decompose(character)
    yield from (f"cho {cho}", f"jung {jung}", f"jong {jong}")


def _characters(case: Case) -> Counter[str]:
    """How often each character stands in the training labels: all of them where that is cheap, else those drawn."""
    stores = _stores(case)
    if not stores or any(not store.manifest and len(store) > LARGEST_COUNT for store in stores):
        return Counter(character for sample in case.samples for character in sample.text)
    counts = Counter[str]()
    for store in stores:
        if store.manifest:
            counts.update(store.manifest.characters)
        else:
            counts.update(character for label in store.labels() for character in label)
    return counts


def _lengths(case: Case) -> Counter[int]:
    """How many training labels have which length, likewise."""
    counts = Counter[int]()
    for store in _stores(case):
        if store.manifest:
            counts.update({int(length): num for length, num in store.manifest.label_lengths.items()})
    return counts or Counter(len(sample.text) for sample in case.samples)


def _stores(case: Case) -> list[Store]:
    """The training sources if all of them are stores, else none."""
    stores = [source.store for source in case.sources if isinstance(source, StoreSource)]
    return stores if len(stores) == len(case.sources) else []


def px_a_character(sample: Sample) -> float:
    """Width of a character in a line with a label, were the line 32 pixels high."""
    height, width = sample.image.shape[:2]
    return float(width * 32 / height / len(sample.text))


def _is_full_width(character: str) -> bool:
    return "\uff01" <= character <= "\uff5e" and character.isalnum()
