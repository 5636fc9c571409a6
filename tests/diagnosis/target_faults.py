"""Faults of vocabulary and targets: wrapped models, other batches, other weights."""

from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path

import torch
import torch.nn.functional as F
from torch import Tensor

from hunmin.data.loading.batch import Batch
from hunmin.diagnosis.case import Case
from hunmin.model.checkpoint import MODEL_KEY, SPEC_KEY, save_model
from hunmin.model.column_bias import UNKNOWN, find_neighbours
from hunmin.model.parseq import Losses, Memory, PARSeq
from hunmin.spec import RecognizerSpec
from hunmin.text.charset import Charset, ksx1001
from hunmin.text.tokenizer import Tokenizer
from hunmin.training.glyph_losses import IGNORED
from tests.diagnosis import healthy
from tests.diagnosis.fault import Data, Fault


class OwnLoss(PARSeq):
    """A training step written anew, right in this class and wrong in one point in each below."""

    def training_losses(
        self,
        images: Tensor,
        tgt: Tensor,
        masks: Tensor,
        lengths: Sequence[int] | None = None,
        columns: Tensor | None = None,
        *,
        num_eos_orders: int = 2,
    ) -> Losses:
        tgt_in, tgt_out = self.inputs_and_targets(tgt)
        features = self.encoder(images)
        start_logits = self.character_count.start_logits(features)
        memory = self.build_memory(features, start_logits)
        content = self.decoder.project_content(self.embed(tgt_in))
        queries = self.queries(0, tgt_in.shape[1]).expand(len(images), -1, -1)
        padding = (tgt_in == self.tokenizer.pad_id) | (tgt_in == self.tokenizer.eos_id)
        mask = self.followed(masks)[None, :1] | padding[:, None, None]
        found = self.align(memory, content)[:, :-1] if columns is None else columns
        neighbours = find_neighbours(F.pad(found, (1, 0), value=UNKNOWN), mask[:, 0], torch.arange(tgt_in.shape[1]))
        output = self.attend(memory, content, mask, queries, neighbours)
        targets = self.counted(tgt_out)
        loss = F.cross_entropy(self.head(output.features).flatten(0, 1), targets.flatten(), ignore_index=IGNORED)
        return Losses(loss, output.attention, features, start_logits)

    def inputs_and_targets(self, tgt: Tensor) -> tuple[Tensor, Tensor]:
        return tgt[:, :-1], tgt[:, 1:]

    def followed(self, masks: Tensor) -> Tensor:
        return masks

    def counted(self, tgt_out: Tensor) -> Tensor:
        return tgt_out.masked_fill(tgt_out >= self.tokenizer.num_classes, IGNORED)


class UnshiftedInputs(OwnLoss):
    def inputs_and_targets(self, tgt: Tensor) -> tuple[Tensor, Tensor]:
        return tgt[:, 1:], tgt[:, 1:]


class UnshiftedTargets(OwnLoss):
    def inputs_and_targets(self, tgt: Tensor) -> tuple[Tensor, Tensor]:
        return tgt[:, :-1], tgt[:, :-1]


class CountedPadding(OwnLoss):
    def counted(self, tgt_out: Tensor) -> Tensor:
        return tgt_out.masked_fill(tgt_out >= self.tokenizer.num_classes, self.tokenizer.eos_id)


class OpenMasks(OwnLoss):
    def followed(self, masks: Tensor) -> Tensor:
        return torch.zeros_like(masks)


class ForgottenEnd(OwnLoss):
    def counted(self, tgt_out: Tensor) -> Tensor:
        return super().counted(tgt_out).masked_fill(tgt_out == self.tokenizer.eos_id, IGNORED)


class OpenDecoder(PARSeq):
    def logits(
        self, memory: Memory, tokens: Tensor, mask: Tensor, num_queries: int, columns: Tensor | None = None
    ) -> Tensor:
        return super().logits(memory, tokens, torch.zeros_like(mask), num_queries, columns)


def model_of(kind: type[PARSeq]) -> Callable[[Case], None]:
    def wrap(case: Case) -> None:
        case.model = kind(case.config.model, case.spec).eval()

    return wrap


def for_charset(spec: RecognizerSpec, charset: Charset) -> RecognizerSpec:
    """The same image format for another charset."""
    return replace(spec, charset_name=charset.name, characters=charset.characters)


def model_for(charset: Charset) -> Callable[[Case], None]:
    def wrap(case: Case) -> None:
        case.model = PARSeq(case.config.model, for_charset(case.spec, charset)).eval()

    return wrap


def other_tgt(change: Callable[[Tensor, Tokenizer], Tensor]) -> Callable[[Case], None]:
    def wrap(case: Case) -> None:
        batch: Batch = case.batch
        case.batch = replace(batch, tgt=change(batch.tgt, case.tokenizer))

    return wrap


def padded_with_eos(tgt: Tensor, tokenizer: Tokenizer) -> Tensor:
    return tgt.masked_fill(tgt == tokenizer.pad_id, tokenizer.eos_id)


def without_eos(tgt: Tensor, tokenizer: Tokenizer) -> Tensor:
    return tgt.masked_fill(tgt == tokenizer.eos_id, tokenizer.pad_id)


def in_another_order(tgt: Tensor, tokenizer: Tokenizer) -> Tensor:
    characters = (tgt > 0) & (tgt < tokenizer.num_classes)
    return torch.where(characters, tokenizer.num_classes - tgt, tgt)


def padding_is_eos(case: Case) -> None:
    tokenizer = case.spec.tokenizer()
    tokenizer.pad_id = tokenizer.eos_id
    case.tokenizer = tokenizer


def weights_of(characters: str, spoil: Callable[[PARSeq], None] = lambda model: None) -> Data:
    """Weights to start from, of this architecture, for other characters or with a fault of their own."""

    def write(stores: Path, folder: Path) -> tuple[str, ...]:
        path = folder / "weights.safetensors"
        if not path.exists():
            case = healthy.case(stores)
            model = PARSeq(case.config.model, for_charset(case.spec, Charset("of the weights", characters)))
            spoil(model)
            save_model(model, path)
        return (f"init_from={path}",)

    return write


def not_a_number(model: PARSeq) -> None:
    with torch.no_grad():
        model.decoder.norm.weight.fill_(float("nan"))


def checkpoint_of(characters: str) -> Data:
    """A run in the folder already, of this architecture, for other characters."""

    def write(stores: Path, folder: Path) -> tuple[str, ...]:
        case = healthy.case(stores)
        spec = for_charset(case.spec, Charset("of the run", characters))
        content = {SPEC_KEY: spec.to_json(), MODEL_KEY: case.config.model.to_json(), "global_step": 1}
        (folder / "run" / "checkpoints").mkdir(parents=True, exist_ok=True)
        torch.save(content, folder / "run" / "checkpoints" / "00000001.ckpt")
        return (f"out={folder / 'run'}",)

    return write


HUNDRED = Charset("a hundred", ksx1001().characters[:100])
NARROW = (
    "model.encoder.width=32",
    "model.encoder.stem=[{channels: 16, stride_rows: 2, stride_columns: 2}, "
    "{channels: 32, stride_rows: 2, stride_columns: 2}, {channels: 32, stride_rows: 4, stride_columns: 1}]",
)

TARGET_FAULTS = [
    Fault("a decoder for 100 symbols, a tokenizer for 2,700", "vocabulary", "another charset", wrap=model_for(HUNDRED)),
    Fault(
        "weights of 100 characters",
        "vocabulary",
        "hardly any of the characters",
        data=weights_of(HUNDRED.characters),
        status="warning",
    ),
    Fault("weights of another width", "vocabulary", "another width", NARROW, data=weights_of(ksx1001().characters)),
    Fault("the run began with another charset", "vocabulary", "charset was", data=checkpoint_of(HUNDRED.characters)),
    Fault("padding has the id of <eos>", "special_tokens", "one id", wrap=padding_is_eos),
    Fault("rows are padded with <eos>", "targets", "padded with it", wrap=other_tgt(padded_with_eos)),
    Fault("rows have no <eos>", "targets", "never learn to stop", wrap=other_tgt(without_eos)),
    Fault("labels are encoded in another order", "targets", "another order", wrap=other_tgt(in_another_order)),
    Fault("weights are not finite", "model_runs", "not finite", data=weights_of(ksx1001().characters, not_a_number)),
    Fault("inputs are not shifted", "shifted_targets", "reads its own answer", wrap=model_of(UnshiftedInputs)),
    Fault("targets are not shifted", "shifted_targets", "a token that it reads", wrap=model_of(UnshiftedTargets)),
    Fault("padding counts in the loss", "padding_ignored", "only padding", wrap=model_of(CountedPadding)),
    Fault("the training step ignores its masks", "no_peeking", "training step", wrap=model_of(OpenMasks)),
    Fault("the decoder ignores its masks", "no_peeking", "decoder", wrap=model_of(OpenDecoder)),
    Fault("<eos> is not learned", "eos_learned", "left out", wrap=model_of(ForgottenEnd)),
]
