"""YAML of the package and `key=value` overrides → plain values → a typed, frozen config.

YAML holds the values (`hunmin/configs`), frozen dataclasses hold their meaning: `config.py` of each package. This module
knows none of them. A run's own `config.yaml` goes the same way: its values take the place of the package's.

Hydra chooses the groups (`model=tiny`) and reads the grammar of overrides. It never sees more of what a user wrote than the
name of a file of ours, and whatever is not plain data is refused before; nothing here builds an object that a config names.
"""

import difflib
import logging
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, fields, is_dataclass
from pathlib import Path
from typing import Annotated, Any, ClassVar, TypeVar, get_args, get_origin, get_type_hints

import yaml
from pydantic import BeforeValidator, Field

from hunmin.errors import InputError, reason_of

Positive = Annotated[int, Field(ge=1)]
NotNegative = Annotated[int, Field(ge=0)]
Weight = Annotated[float, Field(ge=0, allow_inf_nan=False)]
Share = Annotated[float, Field(ge=0, le=1)]
PositiveShare = Annotated[float, Field(gt=0, le=1)]


def one_or_more(value: object) -> object:
    """For fields that hold several: one alone needs no brackets, `fonts=DIR`."""
    return [value] if isinstance(value, str | dict) else value


Paths = Annotated[tuple[str, ...], BeforeValidator(one_or_more)]


class Config:
    """What a dataclass says of itself to be composed."""

    FILE: ClassVar[str]
    """Its YAML file in `hunmin/configs`, without `.yaml`."""
    RENAMED: ClassVar[Mapping[str, str]] = {}
    """Keys that have another name now, `trainer.old` → `trainer.new`, in the same group; under the old one they still load."""


AnyConfig = TypeVar("AnyConfig", bound=Config)

FOLDER = Path(__file__).parent / "configs"
MAX_CONFIG_BYTES = 1_000_000
MAX_DEPTH = 16
FORBIDDEN = re.compile(r"_target_|_partial_|_recursive_|\$\{|!!")
_KEY = re.compile(r"(?!hydra\b)[a-z]\w*(\.\w+)*", re.ASCII)
_WORD = re.compile(r"""'(?:\\.|[^'\\])*'|"(?:\\.|[^"\\])*"|[^\s,'"\[\]{}]+""")
_LOG = logging.getLogger(__name__)


def load_config(kind: type[AnyConfig], overrides: Sequence[str], *, saved: Path | None = None) -> AnyConfig:
    """A configuration from the package's YAML, or from the `config.yaml` that a run left behind, with overrides on top.

    Args:
        kind: which one, such as `TrainConfig`.
        overrides: `key=value` in Hydra's grammar, such as `model=tiny` or `trainer.max_steps=100`. Groups are chosen before
            values are set, in whatever order they stand; a mapping is added to what is there, a list takes its place.
        saved: a `config.yaml`; keys that a later hunmin added have their defaults. None begins from the package's values.

    Raises:
        InputError: an unknown key or choice (with the nearest known one), a value of the wrong type, a file that cannot be
            read, or anything that is no plain value (`_target_`, interpolations, tags, aliases). All wrong values are named
            in one message.
    """
    read = [_read_override(kind, text) for text in overrides]
    groups = {one.key: one.value for one in read if one.is_group}
    values = compose_values(kind, groups)
    if saved:
        kept = {key: value for key, value in read_saved(kind, saved).items() if key not in groups}
        values = _merged(kind, values, kept)
    for one in read:
        if not one.is_group:
            _put(values, kind, one, one.key.split("."), one.value)
    return _typed(kind, values)


def compose_values(kind: type[Config], groups: Mapping[str, str]) -> dict[str, Any]:
    """The package's values, as Hydra composes them.

    Args:
        kind: for which config.
        groups: group → chosen file, such as `model` → `tiny`; both must exist. The others are as the YAML has them.
    """
    from hydra import compose, initialize_config_dir
    from omegaconf import OmegaConf

    with initialize_config_dir(str(FOLDER), version_base="1.3"):
        composed = compose(kind.FILE, overrides=[f"{group}={choice}" for group, choice in groups.items()])
        values = OmegaConf.to_container(composed, resolve=True, throw_on_missing=True)
    assert isinstance(values, dict)
    return {str(key): value for key, value in values.items()}


@dataclass(frozen=True)
class _Override:
    text: str
    """As it was typed."""
    key: str
    """As it is called now."""
    value: Any
    is_group: bool
    """It chooses one of our files."""
    adds: bool
    """It began with `+`: the key may be a new one."""


def _read_override(kind: type[Config], text: str) -> _Override:
    """Refuse what is not a key of ours with plain data, or a choice that the package does not have."""
    from hydra.core.override_parser.overrides_parser import OverridesParser
    from hydra.errors import HydraException

    if "=" not in text:
        raise InputError(f"override {text!r} has no '='; write key=value, such as {_example(kind)}")
    if FORBIDDEN.search(text):
        raise InputError(f"override {text!r} is not plain data; configs hold values, never code or interpolations")
    try:
        parsed = OverridesParser.create().parse_override(_quoted(text))
    except HydraException as error:
        raise InputError(
            f"override {text!r} cannot be read; write key=value, and quotes around values with spaces or signs: "
            "out='\"run 1\"'"
        ) from error
    key = parsed.key_or_group
    if parsed.package is not None or parsed.is_delete() or not _KEY.fullmatch(key):
        raise InputError(f"override {text!r}: {key!r} is no key of a config; write key=value, such as {_example(kind)}")
    if parsed.is_sweep_override():
        raise InputError(f"override {text!r}: gives no single value; write a list in brackets, {key}=[…,…]")
    value = parsed.value()
    if value == "???":
        raise InputError(f"override {text!r}: gives no value")
    is_group = key in _names(kind) and (FOLDER / key).is_dir()
    if is_group:
        choices = sorted(path.stem for path in (FOLDER / key).glob("*.yaml"))
        if value not in choices:
            raise InputError(f"override {text!r}: there is no such {key}; choose one of {', '.join(choices)}")
    if key in kind.RENAMED:
        _tell_renamed(key, kind.RENAMED[key])
        key = kind.RENAMED[key]
    return _Override(text, key, value, is_group, parsed.is_add() or parsed.is_force_add())


def _quoted(override: str) -> str:
    """Put quotes around words with Korean letters, as in `data.sources=[자료]`: Hydra's grammar knows ASCII only."""
    key, equals, value = override.partition("=")
    return key + equals + _WORD.sub(lambda word: word[0] if _is_plain(word[0]) else f"'{word[0]}'", value)


def _is_plain(word: str) -> bool:
    return word.isascii() or word[0] in "'\""


def _put(values: dict[str, Any], kind: Any, one: _Override, path: Sequence[str], value: Any) -> None:
    """Set one value in the nested `values`; a mapping is added to the one that is there."""
    *outer, last = path
    inner: Any = values
    for depth, part in enumerate(outer):
        inner = inner.setdefault(part, {}) if one.adds else inner.get(part)
        if inner is None:
            raise InputError(_unknown(values, kind, one, ".".join(path)))
        if not isinstance(inner, dict):
            whole = ".".join(outer[: depth + 1])
            raise InputError(f"override {one.text!r}: {whole} is one value and has no parts; {whole}=… gives it anew")
    if isinstance(value, dict) and isinstance(inner.get(last), dict):
        for key, part in value.items():
            _put(values, kind, one, [*path, str(key)], part)
        return
    if last not in inner and not one.adds and ".".join(path) not in _all_keys(kind):
        raise InputError(_unknown(values, kind, one, ".".join(path)))
    inner[last] = value


def _unknown(values: Mapping[str, Any], kind: Any, one: _Override, key: str) -> str:
    near = difflib.get_close_matches(key, {*_all_keys(kind), *_paths(values)}, n=1, cutoff=0.5)
    hint = f"did you mean {near[0]}?" if near else f"the outermost keys are {', '.join(_names(kind))}"
    return f"override {one.text!r}: there is no key {key!r}; {hint}"


def _paths(values: Mapping[str, Any], prefix: str = "") -> Iterator[str]:
    for key, value in values.items():
        yield f"{prefix}{key}"
        if isinstance(value, dict):
            yield from _paths(value, f"{prefix}{key}.")


def _all_keys(kind: Any, prefix: str = "") -> Iterator[str]:
    hints = get_type_hints(kind)
    for name in _names(kind):
        yield prefix + name
        if is_dataclass(hints[name]):
            yield from _all_keys(hints[name], f"{prefix}{name}.")


def _names(kind: Any) -> list[str]:
    return [field.name for field in fields(kind)]


def _example(kind: Any) -> str:
    return "trainer.max_steps=100" if "trainer" in _names(kind) else "workers=4"


def read_saved(kind: type[Config], path: Path) -> dict[str, Any]:
    """The plain values of a `config.yaml`, under the names that their keys have now.

    Raises:
        InputError: it cannot be read, holds more than plain values, or has a key under its old and its new name.
    """
    values = read_plain_yaml(path)
    for old, new in kind.RENAMED.items():
        *outer, last = old.split(".")
        group: Any = values
        for part in outer:
            group = group.get(part) if isinstance(group, dict) else None
        if isinstance(group, dict) and last in group:
            present = new.rpartition(".")[2]
            if present in group:
                raise InputError(f"{path}: has both {old} and {new}, its name now; delete {old}")
            group[present] = group.pop(last)
            _tell_renamed(old, new)
    return values


def _tell_renamed(old: str, new: str) -> None:
    _LOG.warning("config: %s is called %s now", old, new)


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
    except FileNotFoundError as error:
        raise InputError(f"{path}: no such file; give the config.yaml of a run") from error
    except (OSError, UnicodeDecodeError, yaml.YAMLError, RecursionError) as error:
        told = " ".join(reason_of(error).split())[:200]
        raise InputError(f"{path}: cannot be read as a configuration ({told})") from error
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


def _typed(kind: type[AnyConfig], values: Mapping[str, Any]) -> AnyConfig:
    """Plain values → dataclasses, with every mistake in one message."""
    from pydantic import TypeAdapter, ValidationError

    mistakes = list(_unknown_keys(values, kind))
    try:
        config = TypeAdapter(kind).validate_python(values)
    except ValidationError as error:
        for detail in error.errors():
            key = ".".join(map(str, detail["loc"]))
            if detail["type"] == "missing":  # its `input` is all that is there
                mistakes.append(f"{key} is missing")
            else:
                mistakes.append(f"{key}={detail['input']!r:.80}: {detail['msg'][0].lower()}{detail['msg'][1:]}")
    if mistakes:
        raise InputError("config: " + "; ".join(mistakes))
    return config


def _unknown_keys(values: Any, kind: Any, prefix: str = "") -> Iterator[str]:
    """Name each key of `values` that the dataclass `kind` does not have, with the nearest one that it has."""
    if get_origin(kind) is tuple:
        for i, value in enumerate(values if isinstance(values, list) else [values]):
            yield from _unknown_keys(value, get_args(kind)[0], f"{prefix}{i}.")
    if not is_dataclass(kind) or not isinstance(values, dict):
        return
    hints, known = get_type_hints(kind), _names(kind)
    for key, value in values.items():
        if key in known:
            yield from _unknown_keys(value, hints[key], f"{prefix}{key}.")
        else:
            near = difflib.get_close_matches(str(key), known, n=1)
            yield f"unknown key {prefix}{key}" + (f", did you mean {prefix}{near[0]}?" if near else "")
