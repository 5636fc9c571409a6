"""The shape of a model, as plain values. They come from `configs/model/*.yaml` and travel inside every checkpoint."""

import json
from dataclasses import asdict, dataclass
from typing import Any, Literal

from hunmin.errors import InputError


@dataclass(frozen=True)
class Stage:
    """One step of the hybrid encoder's convolution stem."""

    channels: int
    """Channels after this stage."""
    stride_rows: int
    """Divides the height."""
    stride_columns: int
    """Divides the width."""
    num_blocks: int = 0
    """Residual 3x3 convolutions after the strided one."""


@dataclass(frozen=True)
class EncoderConfig:
    """Image → memory."""

    kind: Literal["hybrid", "vit"]
    """`hybrid`: convolution stem, then attention on a coarse grid. `vit`: the paper's patches, no CLS token."""
    width: int
    """Features of each memory element (D)."""
    depth: int
    """Attention blocks."""
    num_heads: int
    """Attention heads; divides `width`."""
    mlp_ratio: float = 4.0
    """Hidden features of a block's MLP, as a multiple of `width`."""
    patch_height_px: int = 4
    """`vit` only: height of a patch."""
    patch_width_px: int = 8
    """`vit` only: width of a patch."""
    stem: tuple[Stage, ...] = ()
    """`hybrid` only: the stages of the stem; their strides give the grid."""


@dataclass(frozen=True)
class DecoderConfig:
    """Memory and context → one feature vector a character."""

    num_heads: int
    """Attention heads; divides the encoder's width."""
    mlp_ratio: float = 4.0
    """Hidden features of the MLP, as a multiple of the width."""


@dataclass(frozen=True)
class HeadConfig:
    """Features → classes, and token ids → features."""

    kind: Literal["factored", "dense"]
    """`factored`: a syllable is the sum of its jamo and a low-rank rest. `dense`: a row for every character."""
    rank: int = 24
    """`factored` only: rank of the part of a syllable that its jamo do not explain."""


@dataclass(frozen=True)
class ModelConfig:
    """A whole recognizer."""

    name: str
    """`nano`, `tiny`, `small` … or the user's own."""
    encoder: EncoderConfig
    decoder: DecoderConfig
    head: HeadConfig
    dropout: float = 0.1
    """Share of features dropped in the decoder and the encoder's blocks while training."""
    num_refinements: int = 1
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

        Raises:
            InputError: not JSON, or with other keys than this version has.
        """
        try:
            values: dict[str, Any] = json.loads(text)
            encoder = values.pop("encoder")
            encoder["stem"] = tuple(Stage(**stage) for stage in encoder["stem"])
            return cls(
                encoder=EncoderConfig(**encoder),
                decoder=DecoderConfig(**values.pop("decoder")),
                head=HeadConfig(**values.pop("head")),
                **values,
            )
        except (json.JSONDecodeError, TypeError, KeyError, AttributeError) as error:
            raise InputError(f"{where}: its model config cannot be read ({error}); it was written by another version") from error
