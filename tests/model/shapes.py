"""Small models for tests, one for each encoder."""

from hunmin.model.config import DecoderConfig, EncoderConfig, HeadConfig, ModelConfig, Stage
from hunmin.spec import RecognizerSpec
from hunmin.text.charset import Charset, korean

HYBRID = EncoderConfig(
    kind="hybrid",
    width=64,
    depth=1,
    num_heads=2,
    mlp_ratio=2.0,
    stem=(Stage(24, 2, 2), Stage(48, 2, 2), Stage(64, 4, 1)),
)
VIT = EncoderConfig(kind="vit", width=64, depth=2, num_heads=2, mlp_ratio=2.0)
ENCODERS = {"hybrid": HYBRID, "vit": VIT}


def model_config(encoder: str = "hybrid", head: str = "factored") -> ModelConfig:
    """A model of some ten thousand parameters."""
    return ModelConfig(
        name=f"test-{encoder}",
        encoder=ENCODERS[encoder],
        decoder=DecoderConfig(num_heads=2, mlp_ratio=2.0),
        head=HeadConfig(kind="dense", rank=8) if head == "dense" else HeadConfig(kind="factored", rank=8),
        dropout=0.0,
    )


def small_spec(charset: Charset | None = None, max_label_length: int = 16) -> RecognizerSpec:
    """Lines of 32 by up to 256 pixels and 16 characters."""
    sizes = {"height_px": 32, "width_step_px": 32, "max_width_px": 256}
    return RecognizerSpec.for_charset(charset or korean(), **sizes, max_label_length=max_label_length)
