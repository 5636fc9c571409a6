"""A run repeated from the `config.yaml` that it left behind."""

from collections.abc import Mapping, Sequence
from dataclasses import is_dataclass
from pathlib import Path
from typing import Any, get_type_hints

import yaml
from hydra.core.override_parser.overrides_parser import OverridesParser
from hydra.core.override_parser.types import Override

from hunmin.errors import InputError
from hunmin.train.config import FOLDER, FORBIDDEN, TrainConfig, check_override, compose_values, quoted, typed

MAX_CONFIG_BYTES = 1_000_000
MAX_DEPTH = 16


def load_saved_config(path: Path, overrides: Sequence[str]) -> TrainConfig:
    """Read the `config.yaml` that a run left behind, with overrides on top.

    Keys that a later hunmin added have its defaults.

    Args:
        path: the file.
        overrides: as for `load_config`.

    Raises:
        InputError: the file cannot be read or holds anything but plain values, or what `load_config` refuses.
    """
    values = _merged(TrainConfig, compose_values(TrainConfig, []), read_plain_yaml(path))
    chosen = []
    for override in map(quoted, overrides):
        check_override(override)
        parsed = OverridesParser.create().parse_override(override)
        if parsed.is_delete() or parsed.is_sweep_override():
            raise InputError(f"override {override!r}: a saved configuration can only be given other values, key=value")
        if (FOLDER / parsed.key_or_group).is_dir():
            values[parsed.key_or_group] = compose_values(TrainConfig, [override])[parsed.key_or_group]
        else:
            chosen.append((override, parsed))
    # After all groups, wherever they stand, as Hydra has it.
    for override, parsed in chosen:
        _put(values, override, parsed)
    return typed(TrainConfig, values)


def _put(values: dict[str, Any], override: str, parsed: Override) -> None:
    """Replace one value in the nested `values`."""
    *outer, last = parsed.key_or_group.split(".")
    inner = values
    for depth, key in enumerate(outer):
        inner = inner.setdefault(key, {})
        if not isinstance(inner, dict):
            whole = ".".join(outer[: depth + 1])
            raise InputError(f"override {override!r}: {whole} is one value and has no parts; {whole}=… gives it anew")
    inner[last] = parsed.value()


def read_plain_yaml(path: Path) -> dict[str, Any]:
    """A YAML file that holds one mapping of plain values.

    Raises:
        InputError: it cannot be read, or has tags, anchors, aliases or interpolations.
    """
    try:
        if path.stat().st_size > MAX_CONFIG_BYTES:
            raise InputError(f"{path}: is larger than {MAX_CONFIG_BYTES:,} bytes, so it is no configuration of a run")
        text = path.read_text("utf-8")
        found = FORBIDDEN.search(text)
        if found:
            raise InputError(
                f"{path}: {found[0]!r} is not plain data; configs hold values, never code or interpolations"
            )
        _check_events(path, text)
        values = yaml.safe_load(text)
    except (OSError, UnicodeDecodeError, yaml.YAMLError, RecursionError) as error:
        raise InputError(f"{path}: cannot be read as a configuration ({' '.join(str(error).split())[:200]})") from error
    if not isinstance(values, dict):
        raise InputError(f"{path}: holds no keys and values; give the config.yaml of a run")
    return values


def _check_events(path: Path, text: str) -> None:
    """Refuse tags, anchors and aliases, and what is nested deeper than any configuration, before YAML builds anything of it."""
    depth = 0
    for event in yaml.parse(text, Loader=yaml.SafeLoader):
        where = f"{path}, line {event.start_mark.line + 1}"
        if getattr(event, "anchor", None) or getattr(event, "tag", None):
            raise InputError(f"{where}: tags, anchors and aliases are not plain data; write the value itself")
        depth += isinstance(event, yaml.CollectionStartEvent) - isinstance(event, yaml.CollectionEndEvent)
        if depth > MAX_DEPTH:
            raise InputError(f"{where}: is nested {depth} deep; no configuration of a run is")


def _merged(kind: Any, defaults: Any, values: Any) -> Any:
    """`values` where they say something, `defaults` elsewhere; what is no dataclass is one value."""
    if not (is_dataclass(kind) and isinstance(defaults, Mapping) and isinstance(values, Mapping)):
        return values
    hints = get_type_hints(kind)
    known = {key: _merged(hints[key], default, values.get(key, default)) for key, default in defaults.items()}
    return known | {key: value for key, value in values.items() if key not in known}
