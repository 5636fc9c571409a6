"""Writes the page with every key of a configuration: its default from the YAML, its meaning from the dataclass.

Run it as `python docs/configuration_page.py`; a test holds the page to the code.
"""

from collections.abc import Iterator
from dataclasses import fields, is_dataclass
from pathlib import Path
from typing import Any, get_type_hints

import yaml
from sphinx.pycode import ModuleAnalyzer

from hunmin.compose import compose_values
from hunmin.data.imports.config import ImportRun
from hunmin.synth.config import PackRun, SynthRun
from hunmin.training.config import TrainConfig

PAGE = Path(__file__).parent / "reference" / "configuration.md"
INTRODUCTION = """\
# Configuration

Every key of the commands that take `key=value`, with its default and what it means. `hunmin train --dry-run` prints the
whole configuration that a command composes. `auto` in a default is settled when the run starts, and printed. What an
earlier command has explained (`synth.…`) is the same for those below it.
"""
COMMANDS = {
    "hunmin train": TrainConfig,
    "hunmin synth": SynthRun,
    "hunmin synth pack": PackRun,
    "hunmin data import": ImportRun,
}


def page() -> str:
    """The page as it should be."""
    parts, told = [INTRODUCTION], set[type]()
    for command, config in COMMANDS.items():
        parts.append(f"## {command}\n")
        for prefix, kind, defaults in _groups(config, compose_values(config, {}), ""):
            if kind not in told:
                parts.append((f"### {prefix.rstrip('.')}\n\n" if prefix else "") + _table(prefix, kind, defaults))
            told.add(kind)
    return "\n".join(parts)


def _groups(kind: type, defaults: dict[str, Any], prefix: str) -> Iterator[tuple[str, type, dict[str, Any]]]:
    """A dataclass and those inside it, each with its place in the configuration and its values."""
    yield prefix, kind, defaults
    for name, hint in get_type_hints(kind).items():
        if is_dataclass(hint) and isinstance(hint, type):
            yield from _groups(hint, defaults[name], f"{prefix}{name}.")


def _table(prefix: str, kind: type, defaults: dict[str, Any]) -> str:
    meanings = ModuleAnalyzer.for_module(kind.__module__).find_attr_docs()
    rows = []
    for field in fields(kind):
        lines = meanings.get((kind.__name__, field.name))
        if lines:  # A group has no docstring of its own here: its keys follow in their own table.
            default = yaml.safe_dump(
                defaults.get(field.name, field.default), default_flow_style=True, allow_unicode=True
            )
            shown = " ".join(default.removesuffix("...\n").split())
            rows.append(f"| `{prefix}{field.name}` | `{shown}` | {' '.join(' '.join(lines).split())} |")
    return "\n".join(["| key | default | meaning |", "|---|---|---|", *rows, ""])


if __name__ == "__main__":
    PAGE.write_text(page(), encoding="utf-8")
