"""Writes what the doctor's checks say about themselves into the how-to pages, English and Korean.

The English is the docstring of each check. The Korean stands in `checks.ko.yaml`, each paragraph beside the fingerprint of the
English that it was written for: when a docstring changes, this script stops until somebody has looked at its Korean.
Run it as `python docs/checks_page.py`; `make docs` and a test do.
"""

import hashlib
import inspect
import re
import textwrap
from pathlib import Path

import yaml

from hunmin.diagnosis.examine import CHECKS, Check

DOCS = Path(__file__).parent
PAGE = DOCS / "how-to" / "my-training-does-not-learn.md"
KOREAN_PAGE = PAGE.with_suffix(".ko.md")
KOREAN = DOCS / "checks.ko.yaml"
MARK = "<!-- From here on docs/checks_page.py writes. -->\n"


def fingerprint(check: Check) -> str:
    """Of a check's docstring."""
    return hashlib.sha256(_docstring(check).encode()).hexdigest()[:8]


def english() -> str:
    """The page's checks from their docstrings."""
    return _sections({name: _docstring(check) for name, check in CHECKS.items()}, {})


def korean() -> str:
    """The same in Korean.

    Raises:
        SystemExit: a check has no Korean, or its English has changed since.
    """
    text = KOREAN.read_text(encoding="utf-8")
    names = re.findall(r"^  (\w+):$", text, re.MULTILINE)
    if len(names) > len(set(names)):  # of which YAML would take the last without a word
        raise SystemExit(f"{KOREAN.name}: {max(names, key=names.count)} stands twice")
    values = yaml.safe_load(text)
    known = values["checks"]
    stale = [
        f"{name} (english: {fingerprint(check)})"
        for name, check in CHECKS.items()
        if known.get(name, {}).get("english") != fingerprint(check)
    ]
    if stale:
        raise SystemExit(f"{KOREAN.name}: bring these up to date, then note the fingerprint: {', '.join(stale)}")
    if known.keys() - CHECKS.keys():
        raise SystemExit(f"{KOREAN.name}: there is no check {', '.join(sorted(known.keys() - CHECKS.keys()))}")
    return _sections({name: known[name]["text"] for name in CHECKS}, values["families"])


def pages() -> dict[Path, str]:
    """Each page as it should be."""
    return {
        page: page.read_text(encoding="utf-8").partition(MARK)[0] + MARK + "\n" + written()
        for page, written in ((PAGE, english), (KOREAN_PAGE, korean))
    }


def _sections(texts: dict[str, str], families: dict[str, str]) -> str:
    parts, family = [], ""
    for name, text in texts.items():
        if CHECKS[name].family != family:
            family = CHECKS[name].family
            parts.append(f"## {families.get(family, family)}\n")
        first, _, rest = text.strip().partition("\n\n")
        rest = "\n\n".join(textwrap.fill(" ".join(part.split()), 120) for part in rest.split("\n\n"))
        parts.append(f"### {name}\n\n**{' '.join(first.split())}**\n" + (f"\n{rest}\n" if rest.strip() else ""))
    return "\n".join(parts)


def _docstring(check: Check) -> str:
    return inspect.getdoc(check.look) or ""


if __name__ == "__main__":
    for path, text in pages().items():
        path.write_text(text, encoding="utf-8")
