"""One composed, typed configuration for a training run.

YAML holds the values (`hunmin/configs`), these dataclasses hold their meaning. `load_config` composes them with Hydra, refuses
whatever is unknown, ill-typed or not plain data, and reports all mistakes at once. Below this file there is no OmegaConf.
"""

import difflib
import re
import types
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, fields, is_dataclass
from pathlib import Path
from typing import Annotated, Any, Literal, TypeVar, get_args, get_origin, get_type_hints

from pydantic import AfterValidator, BeforeValidator, Field

from hunmin.data.imports.cut import CutConfig
from hunmin.data.imports.split import SplitConfig
from hunmin.errors import InputError
from hunmin.model.config import ModelConfig
from hunmin.synth.generate import SynthConfig

AUTO = -1
"""Stands for `auto` where a number is wanted; `resolve_auto` in `hunmin.train.resources.auto_settings` finds the number."""


def _not_zero(value: int) -> int:
    if value == 0:
        raise ValueError("input should be auto or at least 1")
    return value


def _text(value: object) -> object:
    return str(value) if type(value) is int else value  # `trainer.precision=32` is a number to YAML


def _auto(value: object) -> object:
    return AUTO if value == "auto" else value


Positive = Annotated[int, Field(ge=1)]
NotNegative = Annotated[int, Field(ge=0)]
PositiveOrAuto = Annotated[int, BeforeValidator(_auto), AfterValidator(_not_zero), Field(ge=AUTO)]
NotNegativeOrAuto = Annotated[int, BeforeValidator(_auto), Field(ge=AUTO)]
Weight = Annotated[float, Field(ge=0, allow_inf_nan=False)]
Share = Annotated[float, Field(ge=0, le=1)]
PositiveShare = Annotated[float, Field(gt=0, le=1)]


@dataclass(frozen=True)
class SourceConfig:
    """Where training lines come from."""

    path: str
    """A store's folder, or `synth` for the generator."""
    weight: Weight = 1.0
    """How often this source is drawn, relative to the others."""


@dataclass(frozen=True)
class DataConfig:
    """What the model learns from and how images are laid out."""

    charset: str
    """`korean`, `ksx1001`, or a file with one character a line."""
    sources: tuple[SourceConfig, ...]
    """The training set: one source or several, mixed by weight."""
    validation: tuple[str, ...]
    """Store folders; `synth` stands for generated lines in held-out fonts with held-out text."""
    num_validation: Positive
    """Lines read of each validation set, evenly spaced over a store that has more."""
    on_unknown_character: Literal["error", "drop"]
    """A label with a character that the charset lacks: stop and say so, or drop the line and count it."""
    augment: Share
    """How much crops from stores are changed each time they are drawn: 0 not at all, 1 so that some are hard to read.
    Generated lines are new each time anyway, so it is nothing to them."""
    stretch_share: Share
    """Share of the lines that are learned from up to 1.5 times as wide, as the recognizer looks at lines in doubt."""
    batch_size: PositiveOrAuto
    """Lines a step, in each training process; `auto` searches for the most lines a second, and scales the learning rate."""
    num_workers: NotNegativeOrAuto
    """Processes that prepare batches; 0 prepares them in the training process, `auto` takes as many as keep the device busy.
    The data are the same for any number."""
    height_px: Positive
    """Height that every crop is scaled to."""
    width_step_px: Positive
    """Widths are rounded up to a multiple of this."""
    max_width_px: Positive
    """The widest crop."""
    max_label_length: Positive
    """The most characters in a crop."""
    curriculum_start_length: Positive
    """Generated lines have at most this many characters at first."""
    curriculum_share: Share
    """Share of the run after which generated lines have reached `max_label_length`; 0 switches the curriculum off."""
    fonts: tuple[str, ...]
    """Folders with fonts of your own, beside the installed ones."""
    corpus: tuple[str, ...]
    """Text files of your own, one line a line of text, as FILE or FILE:WEIGHT."""


@dataclass(frozen=True)
class TrainerConfig:
    """How the model learns."""

    max_steps: Positive
    """Steps of the whole run; the learning rate reaches zero there."""
    accelerator: Literal["auto", "cpu", "gpu", "mps"]
    """`auto` takes a GPU where there is one."""
    precision: Annotated[Literal["auto", "32", "16-mixed", "bf16-mixed"], BeforeValidator(_text)]
    """`auto`: bf16 on GPUs and CPUs with matrix units for it, 16-mixed with loss scaling on other GPUs, else 32."""
    compile: bool
    """Whether the training step is compiled; takes a minute at the start, so it is for long runs on a GPU."""
    threads: NotNegative
    """CPU threads of each training process; 0 shares all cores out among those on this machine."""
    optimizer: Literal["muon", "adamw"]
    """`muon`: Muon for the matrices inside encoder and decoder, AdamW for the rest. `adamw`: AdamW for all."""
    learning_rate: Weight
    """Peak of the one-cycle schedule."""
    warmup_steps: NotNegative
    """Steps until the peak is reached."""
    weight_decay: Weight
    """How fast weights shrink; biases, norms and embeddings are left out."""
    gradient_clip: Weight
    """Largest norm of the gradient."""
    ema_decay: Share
    """Of the averaged weights, which are validated and exported; 0 switches averaging off."""
    hardest_share: PositiveShare
    """Share of each batch that is learned from: the lines that the model reads worst. 1 learns from all; images/s counts all."""
    num_permutations: Positive
    """Orders of generation a step (K): forward, its mirror, then random pairs; of two, forward and a random one."""
    one_pass_order: bool
    """Whether characters are also learned from the image alone, as one-pass decoding reads them."""
    column_loss_weight: Weight
    """Weight of the loss that asks each column which character stands there; only lines with glyph boxes have it."""
    start_loss_weight: Weight
    """Weight of the loss that asks in which columns characters start; only lines with glyph boxes have it."""
    attention_loss_weight: Weight
    """Weight of the loss that asks the decoder to look at the character's own columns; only lines with glyph boxes have it."""
    validate_every: Positive
    """Steps between validations; the last step is validated in any case."""
    save_every: Positive
    """Steps between checkpoints."""
    log_every: Positive
    """Steps between lines of the log."""


@dataclass(frozen=True)
class LoggerConfig:
    """Where figures go beside the files, which are always written."""

    tracker: Literal["files", "wandb", "tensorboard"]
    """`files`: nowhere else. `wandb`: Weights & Biases, offline unless WANDB_MODE says otherwise. `tensorboard`: event files."""
    project: str
    """What W&B calls the project; the others do not ask."""


@dataclass(frozen=True)
class TrainConfig:
    """A training run."""

    out: Annotated[str, Field(min_length=1)]
    """Folder of the run: config, checkpoints, metrics, final model."""
    seed: NotNegative
    """Of data, permutations and initial weights."""
    resume: Literal["auto", "never"]
    """`auto` goes on from the newest checkpoint in `out`; `never` refuses a folder that has one."""
    init_from: str | None
    """`bundled`, or a checkpoint or safetensors file whose weights the run starts from; another charset or a longer maximum label
    takes over what both have. null starts from nothing."""
    model: ModelConfig
    data: DataConfig
    synth: SynthConfig
    trainer: TrainerConfig
    logger: LoggerConfig


@dataclass(frozen=True)
class SynthRun:
    """A store of generated lines."""

    num: Positive
    """How many lines."""
    seed: NotNegative
    """The same seed gives the same lines."""
    workers: NotNegative
    """Processes that draw; 0 = one for each core. The lines are the same for any number."""
    charset: str
    """`korean`, `ksx1001`, or a file with one character a line."""
    fonts: tuple[str, ...]
    """Folders with fonts of your own, beside the installed ones."""
    corpus: tuple[str, ...]
    """Text files of your own, one line a line of text, as FILE or FILE:WEIGHT."""
    synth: SynthConfig


@dataclass(frozen=True)
class PackRun:
    """Fonts and texts in one file."""

    charset: str
    """What the fonts are cut down to: `korean`, `ksx1001`, or a file with one character a line."""
    fonts: tuple[str, ...]
    """Folders with fonts of your own, beside the installed ones."""
    corpus: tuple[str, ...]
    """Text files of your own, one line a line of text, as FILE or FILE:WEIGHT."""
    workers: NotNegative
    """Processes that cut fonts down; 0 = one for each core."""


@dataclass(frozen=True)
class ImportRun:
    """Stores of crops from labelled images, one for each split."""

    charset: str
    """`korean`, `ksx1001`, or a file with one character a line."""
    on_unknown_character: Literal["error", "drop"]
    """A label with a character that the charset lacks: stop and say so, or drop the text and count it."""
    max_label_length: Positive
    """The most characters in a crop; longer ones are dropped, never cut."""
    height_px: Positive
    """Height that a model will scale crops to; with `max_width_px` it says which crop is too wide. Crops are stored as
    `cut` has them."""
    max_width_px: Positive
    """The widest crop at that height; wider ones are dropped, never squashed."""
    cut: CutConfig
    split: SplitConfig
    workers: NotNegative
    """Processes that cut, each with one core; 0 = one for each core. The stores are the same for any number."""
    engine: Literal["local", "ray"]
    """`local`: this machine. `ray`: a Ray cluster whose machines see the same files under the same paths (extra `[ray]`);
    `workers` is then the number of its cores to use, 0 = all."""
    ray_address: str | None
    """Of the cluster, such as `auto` or `ray://host:10001`; null takes RAY_ADDRESS, and without that this machine."""


Config = TypeVar("Config")

FOLDER = Path(__file__).parents[1] / "configs"
FORBIDDEN = re.compile(r"_target_|_partial_|_recursive_|\$\{|!!")
_KEY = re.compile(r"(?!hydra\b)[a-z]\w*(\.\w+)*", re.ASCII)


def load_config(kind: type[Config], overrides: Sequence[str]) -> Config:
    """Compose a configuration from `hunmin/configs` and `key=value` overrides.

    Args:
        kind: `TrainConfig` (from `train.yaml`), `SynthRun` (from `synth.yaml`), `PackRun` (from `pack.yaml`) or
            `ImportRun` (from `import.yaml`).
        overrides: Hydra's override grammar, such as `model=tiny` or `trainer.max_steps=100`.

    Raises:
        InputError: an unknown key or choice (with the nearest known one), a value of the wrong type, or anything that is no
            plain value (`_target_`, interpolations). All wrong values are named in one message.
    """
    overrides = [quoted(override) for override in overrides]
    for override in overrides:
        check_override(override)
    return typed(kind, compose_values(kind, overrides))


def compose_values(kind: type[Any], overrides: Sequence[str]) -> Any:
    """What Hydra makes of checked overrides, as plain values."""
    from hydra import compose, initialize_config_dir
    from hydra.errors import HydraException
    from omegaconf import OmegaConf
    from omegaconf.errors import OmegaConfBaseException

    try:
        with initialize_config_dir(str(FOLDER), version_base="1.3"):
            composed = compose(PRIMARY[kind], overrides=list(overrides))
            return OmegaConf.to_container(composed, resolve=True, throw_on_missing=True)
    # A name where a list wants a number, as in fonts.folders, is a ValueError of OmegaConf's.
    except (HydraException, OmegaConfBaseException, ValueError) as error:
        raise InputError(_explain(str(error), kind, overrides)) from error


def quoted(override: str) -> str:
    """Put quotes around a plain value with Korean letters, `out=실험`: Hydra's grammar knows ASCII only."""
    key, _, value = override.partition("=")
    if value.isascii() or value[0] in "'\"[{" or "'" in value:
        return override
    return f"{key}='{value}'"


def check_override(override: str) -> None:
    """Refuse what is not a key of ours with plain data, or a choice that the package does not have, before Hydra acts on it."""
    from hydra.core.override_parser.overrides_parser import OverridesParser
    from hydra.errors import HydraException

    if "=" not in override and not override.startswith("~"):
        raise InputError(f"override {override!r} has no '='; write key=value, such as trainer.max_steps=100")
    if FORBIDDEN.search(override):
        raise InputError(f"override {override!r} is not plain data; configs hold values, never code or interpolations")
    try:
        parsed = OverridesParser.create().parse_override(override)
    except HydraException as error:
        raise InputError(
            f"override {override!r} cannot be read; write key=value, and quotes around values with spaces or signs: "
            "out='\"run 1\"'"
        ) from error
    key = parsed.key_or_group
    if parsed.package is not None or not _KEY.fullmatch(key):
        raise InputError(
            f"override {override!r}: {key!r} is no key of a config; hunmin train --dry-run prints all keys"
        )
    if (FOLDER / key).is_dir() and not parsed.is_delete():
        choices = sorted(path.stem for path in (FOLDER / key).glob("*.yaml"))
        if parsed.value() not in choices:
            raise InputError(f"override {override!r}: there is no such {key}; choose one of {', '.join(choices)}")


def typed(kind: type[Config], values: Any) -> Config:
    """Plain values → dataclasses, with every mistake in one message."""
    from pydantic import TypeAdapter, ValidationError

    mistakes = list(unknown_keys(values, kind))
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


def unknown_keys(values: Any, kind: Any, prefix: str = "") -> Iterator[str]:
    """Name each key of `values` that the dataclass `kind` does not have, with the nearest one that it has."""
    if get_origin(kind) is tuple and isinstance(values, list):
        for i, value in enumerate(values):
            yield from unknown_keys(value, get_args(kind)[0], f"{prefix}{i}.")
    if not is_dataclass(kind) or not isinstance(values, dict):
        return
    hints = get_type_hints(kind)
    known = [field.name for field in fields(kind)]
    for key, value in values.items():
        if key in known:
            yield from unknown_keys(value, hints[key], f"{prefix}{key}.")
        else:
            near = difflib.get_close_matches(str(key), known, n=1)
            yield f"unknown key {prefix}{key}" + (f", did you mean {prefix}{near[0]}?" if near else "")


def _explain(message: str, kind: Any, overrides: Sequence[str]) -> str:
    """One line for what Hydra says in several."""
    known = list(_all_keys(kind))
    for override in overrides:
        key = override.lstrip("+~").partition("=")[0]
        if key not in known and not override.startswith("+"):
            near = difflib.get_close_matches(key, known, n=1, cutoff=0.5)
            hint = f"did you mean {near[0]}?" if near else "hunmin train --dry-run prints all keys"
            return f"override {override!r}: there is no key {key!r}; {hint}"
    return f"config: {' '.join(message.split())}"


def _all_keys(kind: Any, prefix: str = "") -> Iterator[str]:
    for name, hint in get_type_hints(kind).items():
        yield prefix + name
        if is_dataclass(hint) and not isinstance(hint, types.GenericAlias):
            yield from _all_keys(hint, f"{prefix}{name}.")


PRIMARY: dict[type, str] = {TrainConfig: "train", SynthRun: "synth", PackRun: "pack", ImportRun: "import"}
