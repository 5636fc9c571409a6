"""Faults of images, encoder and decoder, and of how a short run goes: wrapped modules, other batches, other rates."""

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from hunmin.data.loading.batch import Batch
from hunmin.diagnosis.case import Case
from hunmin.model.checkpoint import save_model
from hunmin.model.encoder import Grid, HybridEncoder, VitEncoder
from hunmin.model.parseq import Memory, PARSeq
from tests.diagnosis import healthy
from tests.diagnosis.fault import Data, Fault

VIT = (
    "model.encoder.kind=vit",
    "model.encoder.stem=[]",
    "+model.encoder.patch_height_px=16",
    "+model.encoder.patch_width_px=16",
)


def images(spoil: Callable[[Tensor], Tensor]) -> Callable[[Case], None]:
    """Images that went through `spoil` after they were prepared."""

    def wrap(case: Case) -> None:
        case.batch = replace(case.batch, images=spoil(case.batch.images))

    return wrap


def squashed(case: Case) -> None:
    batch: Batch = case.batch
    resized = F.interpolate(batch.images, (224, 224))
    case.batch = replace(batch, images=resized, widths_px=torch.full_like(batch.widths_px, 224))


def collated(spoil: Callable[[Batch], Batch]) -> Callable[[Case], None]:
    """Batches that went through `spoil` in the function that makes them."""

    def wrap(case: Case) -> None:
        make = case.collate
        case.collate = lambda *given: spoil(make(*given))

    return wrap


def other_lines(batch: Batch) -> Batch:
    """Every line with the label of the line before."""
    labels = [batch.labels[-1], *batch.labels[:-1]]
    return replace(batch, labels=labels, tgt=batch.tgt.roll(1, dims=0))


def trained_with(**values: float) -> Data:
    """Weights of a model whose spec has other `values`."""

    def write(stores: Path, folder: Path) -> tuple[str, ...]:
        case = healthy.case(stores)
        save_model(PARSeq(case.config.model, replace(case.spec, **values)), folder / "other.safetensors")
        return (f"init_from={folder / 'other.safetensors'}",)

    return write


class WrappedEncoder(nn.Module):
    """The encoder inside another module, as a user would change what it gives."""

    def __init__(self, encoder: HybridEncoder | VitEncoder) -> None:
        super().__init__()
        self.inner = encoder
        self.strides = encoder.strides

    def grid(self, height_px: int, width_px: int) -> Grid:
        return self.inner.grid(height_px, width_px)

    def forward(self, images: Tensor) -> Tensor:
        memory: Tensor = self.inner(images)
        return memory


class WithCls(WrappedEncoder):
    def forward(self, images: Tensor) -> Tensor:
        memory = super().forward(images)
        return torch.cat((memory.mean(dim=1, keepdim=True), memory), dim=1)


class Detached(WrappedEncoder):
    def forward(self, images: Tensor) -> Tensor:
        return super().forward(images).detach()


class Blind(WrappedEncoder):
    def forward(self, images: Tensor) -> Tensor:
        return super().forward(torch.zeros_like(images))


class Dim(WrappedEncoder):
    """Hands on what all images of a batch have in common, and a hundredth of the rest."""

    def forward(self, images: Tensor) -> Tensor:
        memory = super().forward(images)
        return torch.lerp(memory.mean(dim=0, keepdim=True), memory, 0.01)


class ReadsNothing(PARSeq):
    """It learns from the images; when it reads, its encoder gets empty ones."""

    def encode(self, images: Tensor) -> Memory:
        return super().encode(torch.zeros_like(images))


def reads_nothing(case: Case) -> None:
    case.model = ReadsNothing(case.config.model, case.spec).eval()


def encoder(kind: type[WrappedEncoder]) -> Callable[[Case], None]:
    def wrap(case: Case) -> None:
        model = case.model
        model.encoder = kind(model.encoder)  # type: ignore[assignment]
        case.model = model.eval()

    return wrap


class WithoutPositions(PARSeq):
    def embed(self, tokens: Tensor) -> Tensor:
        embedded: Tensor = self.embedding(tokens)
        return embedded


def without_positions(case: Case) -> None:
    case.model = WithoutPositions(case.config.model, case.spec).eval()


def weights(name: str, factor: float) -> Callable[[Case], None]:
    """A model in which every weight below `name` is multiplied."""

    def wrap(case: Case) -> None:
        with torch.no_grad():
            found = [weight for key, weight in case.model.named_parameters() if key.startswith(name)]
            assert found
            for weight in found:
                weight.mul_(factor)

    return wrap


def dead_layer(case: Case) -> None:
    assert isinstance(case.model.encoder, HybridEncoder)
    norm = case.model.encoder.stem[1].down[1]
    nn.init.constant_(norm.bias, -10.0)


def frozen(case: Case) -> None:
    case.model.encoder.requires_grad_(False)


MODEL_FAULTS = [
    Fault(
        "colours come in another order",
        "golden_image",
        "blue, green, red",
        wrap=collated(lambda batch: replace(batch, images=batch.images.flip(1))),
    ),
    Fault(
        "the batch is upside down",
        "batch_readable",
        "top for bottom",
        wrap=images(lambda x: x.flip(2)),
    ),
    Fault("lines get their neighbours' labels", "batch_readable", "1 row later", wrap=collated(other_lines)),
    Fault("pixels are 0 to 255", "batch_statistics", "0 to 255: not divided", wrap=images(lambda x: (x + 1) * 127.5)),
    Fault("images are normalised twice", "batch_statistics", "applied twice", wrap=images(lambda x: (x - 0.5) / 0.5)),
    Fault(
        "ImageNet's statistics were applied",
        "batch_statistics",
        "ImageNet",
        wrap=images(lambda x: (x * 0.5 + 0.5 - 0.449) / 0.226),
    ),
    Fault(
        "the weights were trained with ImageNet's statistics",
        "weights_statistics",
        "mean 0.485, not 0.5",
        data=trained_with(mean=0.485, std=0.229),
    ),
    Fault("the batch is resized to 224×224", "aspect_kept", "without regard", wrap=squashed),
    Fault("patches of 16×16 on a height of 32", "grid", "16 px wide and 16 px high", VIT),
    Fault("the CLS token is left in the memory", "memory_length", "CLS", wrap=encoder(WithCls)),
    Fault("a layer's ReLUs are dead", "encoder_features", r"ReLUs of encoder\.stem\.1", wrap=dead_layer),
    Fault("the encoder gets empty images", "encoder_features", "same memory", wrap=encoder(Blind)),
    Fault("the encoder is frozen", "gradients", r"frozen: encoder", wrap=frozen),
    Fault("the memory is detached", "gradients", r"not reached by the loss: encoder", wrap=encoder(Detached)),
    Fault("positions are not scaled", "position_scale", "positions drown", wrap=weights("positions", 0.02)),
    Fault("the context has no positions", "context_order", "no positions", wrap=without_positions),
    Fault(
        "cross-attention adds nothing",
        "image_reaches_output",
        "cross-attention has no effect",
        wrap=weights("decoder.cross_attn.proj", 0.0),
    ),
    Fault("all queries look alike", "attention_moves", "same places", wrap=weights("decoder.cross_attn.q", 0.0)),
    Fault("attention is saturated", "attention_moves", "saturated", wrap=weights("decoder.cross_attn", 100.0)),
]

SHORT_RUN_FAULTS = [
    Fault("the gradient is cut to nothing", "learns_by_heart", "at no rate", ("trainer.gradient_clip=1e-12",)),
    Fault(
        "the learning rate is far too low", "learning_rate", "falls, but too slowly", ("trainer.learning_rate=1e-5",)
    ),
    Fault("the learning rate is far too high", "learning_rate", "too high", ("trainer.learning_rate=0.3",)),
    Fault("the image hardly reaches the decoder", "image_used", "ignores the image", wrap=encoder(Dim)),
    Fault("reading gives the encoder other images", "predictions", "same text", wrap=reads_nothing),
]
