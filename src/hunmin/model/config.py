"""The shape of a model, as plain values. They come from `configs/model/*.yaml` and travel inside every checkpoint."""

import json
from dataclasses import asdict, dataclass
from typing import Annotated, Any, Literal

from pydantic import Field, TypeAdapter, ValidationError

from hunmin.errors import InputError

# Wide enough for any recognizer; a damaged or hostile checkpoint asks for no more than this.
Width = Annotated[int, Field(ge=8, le=4096, multiple_of=2)]
Count = Annotated[int, Field(ge=0, le=64)]
Divisor = Annotated[int, Field(ge=1, le=64)]
Ratio = Annotated[float, Field(ge=0.5, le=16)]
Share = Annotated[float, Field(ge=0, lt=1)]


@dataclass(frozen=True)
class Stage:
    """One step of the hybrid encoder's convolution stem."""

    channels: Width
    """Channels after this stage."""
    stride_rows: Divisor
    """Divides the height."""
    stride_columns: Divisor
    """Divides the width."""
    num_blocks: Count = 0
    """Residual 3x3 convolutions after the strided one."""
    kernel: Divisor | None = None
    """Rows and columns that the strided convolution sees; none: 3, and as many rows as it strides if those are more."""

    def __post_init__(self) -> None:
        widest = max(self.stride_rows, self.stride_columns)
        if self.kernel is not None and (self.kernel % 2 == 0 or self.kernel < widest):
            raise InputError(f"model.encoder.stem: kernel={self.kernel} must be odd and at least its stride, {widest}")


@dataclass(frozen=True)
class EncoderConfig:
    """Image → memory."""

    kind: Literal["hybrid", "vit"]
    """`hybrid`: convolution stem, then attention on a coarse grid. `vit`: the paper's patches, no CLS token."""
    width: Width
    """Features of each memory element (D)."""
    depth: Count
    """Attention blocks."""
    num_heads: Divisor
    """Attention heads; divides `width`."""
    mlp_ratio: Ratio = 4.0
    """Hidden features of a block's MLP, as a multiple of `width`."""
    patch_height_px: Divisor = 4
    """`vit` only: height of a patch."""
    patch_width_px: Divisor = 8
    """`vit` only: width of a patch."""
    stem: tuple[Stage, ...] = ()
    """`hybrid` only: the stages of the stem; their strides give the grid."""


@dataclass(frozen=True)
class DecoderConfig:
    """Memory and context → one feature vector a character."""

    num_heads: Divisor
    """Attention heads; divides the encoder's width."""
    mlp_ratio: Ratio = 4.0
    """Hidden features of the MLP, as a multiple of the width."""


@dataclass(frozen=True)
class HeadConfig:
    """Features → classes, and token ids → features."""

    kind: Literal["factored", "dense"]
    """`factored`: a syllable is the sum of its jamo and a low-rank rest. `dense`: a row for every character."""
    rank: Annotated[int, Field(ge=1, le=1024)] = 24
    """`factored` only: rank of the part of a syllable that its jamo do not explain."""


@dataclass(frozen=True)
class ModelConfig:
    """A whole recognizer."""

    name: str
    """`nano`, `tiny`, `small` … or the user's own."""
    encoder: EncoderConfig
    decoder: DecoderConfig
    head: HeadConfig
    dropout: Share = 0.1
    """Share of features dropped in the decoder and the encoder's blocks while training."""
    num_refinements: Count = 1
    """Cloze passes after the first decoding."""

    def __post_init__(self) -> None:
        for part, heads in (("encoder", self.encoder.num_heads), ("decoder", self.decoder.num_heads)):
            if self.encoder.width % heads:
                raise InputError(
                    f"model.{part}.num_heads={heads} does not divide model.encoder.width={self.encoder.width}"
                )
        if self.encoder.kind == "hybrid" and not self.encoder.stem:
            raise InputError("model.encoder.stem is empty; a hybrid encoder needs at least one stage")

    def to_json(self) -> str:
        """One line of JSON for checkpoints."""
        return json.dumps(asdict(self))

    @classmethod
    def from_json(cls, text: str, *, where: str) -> "ModelConfig":
        """Read back what `to_json` wrote.

        Keys that came later and have a default may be missing.

        Raises:
            InputError: not JSON, or with keys or values that this version does not know.
        """
        try:
            config = TypeAdapter(cls).validate_json(text, strict=True)
        except ValidationError as error:
            first = error.errors()[0]
            key = ".".join(map(str, first["loc"])) or "text"
            raise InputError(
                f"{where}: its model config is wrong at {key}: {first['msg']}; save the model again"
            ) from error
        except InputError as error:
            raise InputError(f"{where}: {error}") from error
        if not _covers(asdict(config), json.loads(text)):
            raise InputError(f"{where}: its model config has keys that this hunmin does not know; update hunmin")
        return config


def _covers(known: Any, given: Any) -> bool:
    """Whether every key of `given` is in `known` too, all the way down."""
    if isinstance(given, dict):
        return given.keys() <= known.keys() and all(_covers(known[key], value) for key, value in given.items())
    return not isinstance(given, list) or all(map(_covers, known, given))
