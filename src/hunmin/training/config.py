"""The configuration of a training run; its values are in `configs/train.yaml` and the groups beside it."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Annotated, ClassVar, Literal

from pydantic import AfterValidator, BeforeValidator, Field

from hunmin.compose import Config, NotNegative, Paths, Positive, PositiveShare, Share, Weight, one_or_more
from hunmin.model.config import ModelConfig
from hunmin.synth.config import SynthConfig

AUTO = -1
"""Stands for `auto` where a number is wanted; `resolve_auto` in `hunmin.training.resources.auto_settings` finds the number."""


def _not_zero(value: int) -> int:
    if value == 0:
        raise ValueError("input should be auto or at least 1")
    return value


def _text(value: object) -> object:
    return str(value) if type(value) is int else value  # `trainer.precision=32` is a number to YAML


def _auto(value: object) -> object:
    return AUTO if value == "auto" else value


def _source(value: object) -> object:
    return {"path": value} if isinstance(value, str) else value


PositiveOrAuto = Annotated[int, BeforeValidator(_auto), AfterValidator(_not_zero), Field(ge=AUTO)]
NotNegativeOrAuto = Annotated[int, BeforeValidator(_auto), Field(ge=AUTO)]


@dataclass(frozen=True)
class SourceConfig:
    """Where training lines come from."""

    path: str
    """A store's folder, or `synth` for the generator."""
    weight: Weight = 1.0
    """How often this source is drawn, relative to the others."""


Sources = Annotated[
    tuple[Annotated[SourceConfig, BeforeValidator(_source)], ...],
    BeforeValidator(one_or_more),
]


@dataclass(frozen=True)
class DataConfig:
    """What the model learns from and how images are laid out."""

    charset: str
    """`korean`, `ksx1001`, or a file with one character a line."""
    sources: Sources
    """The training set: one source or several, mixed by weight; a path alone, such as `mine/train`, has the weight 1."""
    validation: Paths
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
    fonts: Paths
    """Folders with fonts of your own, beside the installed ones."""
    corpus: Paths
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
    hard_example_share: PositiveShare
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
class TrainConfig(Config):
    """A training run."""

    FILE = "train"
    RENAMED: ClassVar[Mapping[str, str]] = {"trainer.hardest_share": "trainer.hard_example_share"}

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
