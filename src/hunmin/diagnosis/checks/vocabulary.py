"""Checks of the vocabulary, and of what the model is asked for: they watch a training step from outside.

Legend: N batch, L longest label of the batch, C classes, D width.

What a model reads as context goes through `model.embedding`; what it is asked for shows in the gradient of its logits, which is
negative at the target's class alone. So any module can be asked, whatever it does inside.
"""

import math
from copy import deepcopy
from dataclasses import dataclass, replace

import torch
from torch import Tensor

from hunmin.data.loading.batch import Batch
from hunmin.diagnosis.case import Case, UnbuiltError
from hunmin.diagnosis.findings import Finding
from hunmin.diagnosis.measure.probe import few_lines
from hunmin.errors import InputError
from hunmin.model.parseq import PARSeq
from hunmin.model.permutations import causal_mask, one_pass_mask
from hunmin.model.transfer import transfer_weights
from hunmin.training.step import order_masks

FEWEST_TAKEN_OVER = 0.1
"""Share of the charset that the weights to start from should know: a rule of thumb."""


@dataclass(frozen=True)
class Watched:
    """A training step as seen from outside."""

    loss: float
    read: Tensor
    """(N, L+1) int64: the tokens that went in as context."""
    asked: Tensor
    """(rows,) int64: the class that each row of logits was asked for."""
    places: Tensor | None
    """(rows,) int64: the query of each row, from 0 to N*(L+1) - 1; None where the head sees only some of the queries."""
    pull: Tensor
    """(N, L+1) float32: how strongly each context token pulls at the loss, as the norm of its gradient."""


class NoLossError(RuntimeError):
    """A training step gives no finite loss; like any error in it, that is the business of `model_runs` alone."""


def vocabulary(case: Case) -> Finding:
    """Tokenizer, embedding, head and checkpoint were made for different vocabularies.

    A decoder for 100 symbols behind a tokenizer with 1,027 cannot write nine of ten characters: it fails at once, with an
    index that is out of range, or it learns something else in silence. Two vocabularies of one size in another order are
    worse: everything runs, and every character is written as another. In hunmin all sizes come from one charset, which
    travels inside every checkpoint. A run goes on from its own checkpoint with the same charset only; from `init_from` it
    takes over, character by character, what both charsets have, so there only few characters in common are worth a warning.
    """
    tokenizer, model = case.tokenizer, case.model
    embedding, head = model.embedding.vocab_size, model.head.num_classes
    with torch.inference_mode():
        written = model.head(torch.zeros(1, 1, model.config.encoder.width)).shape[2]
    figures = {"tokenizer": tokenizer.vocab_size, "embedding": embedding, "head": head, "logits": written}
    expected = f"{tokenizer.vocab_size:,} embedding rows, {tokenizer.num_classes:,} classes (charset {tokenizer.charset.name!r})"
    measured = f"{embedding:,} embedding rows, {head:,} classes, {written:,} logits"
    if embedding != tokenizer.vocab_size or not head == written == tokenizer.num_classes:
        cause = "the model was built for another charset than the labels are encoded with"
        change = "Build model and tokenizer from one spec: PARSeq(config, spec) and spec.tokenizer()."
        return Finding("vocabulary", "failed", measured, expected, cause, change, figures)
    try:
        weights = case.weights
        carried = transfer_weights(deepcopy(model), weights) if weights else None
    except (UnbuiltError, InputError) as error:
        cause = f"the weights to start from cannot be used: {getattr(error, 'reason', error)}"
        # The run's own folder is looked into first, and is a piece of the case.
        change = "out=runs/new" if isinstance(error, UnbuiltError) else "init_from=null"
        return Finding("vocabulary", "failed", measured, expected, cause, change, figures)
    if weights is None or carried is None:
        return Finding("vocabulary", "passed", f"{measured}; no weights to start from", expected, figures=figures)
    num_characters = len(tokenizer.charset)
    measured += f"; {weights.name} brings {carried.num_characters:,} of the {num_characters:,} characters"
    figures["taken_over"] = carried.num_characters
    if carried.num_characters >= FEWEST_TAKEN_OVER * num_characters:
        return Finding("vocabulary", "passed", measured, expected, figures=figures)
    cause = "the weights to start from know hardly any of the characters; the others begin anew"
    change = "Start from weights of a charset with more of these characters, or train as long as from nothing."
    return Finding("vocabulary", "warning", measured, expected, cause, change, figures)


def special_tokens(case: Case) -> Finding:
    """Special tokens share an id, or one that must not be written can be.

    `<eos>` is a class like any character: the model has to say where a line ends. `<bos>` and `<pad>` are only read, never
    written. If padding shares its id with `<eos>` or with a character, the model is taught to write it, or to end nowhere.
    """
    tokenizer = case.tokenizer
    ids = {"<eos>": tokenizer.eos_id, "<bos>": tokenizer.bos_id, "<pad>": tokenizer.pad_id}
    characters = set(tokenizer.encode(tokenizer.charset.characters))
    measured = ", ".join(f"{name} {value}" for name, value in ids.items()) + f", {tokenizer.num_classes:,} classes"
    expected = "three ids, none a character's; <eos> a class, <bos> and <pad> behind the classes"
    problems = []
    if len(set(ids.values())) < len(ids):
        problems.append("two special tokens have one id")
    if characters & set(ids.values()):
        problems.append("a special token has the id of a character")
    if not tokenizer.eos_id < tokenizer.num_classes <= min(tokenizer.bos_id, tokenizer.pad_id):
        problems.append("<eos> is no class, or <bos> or <pad> is one")
    if not problems:
        return Finding("special_tokens", "passed", measured, expected)
    change = "Take the ids from hunmin.text.tokenizer.Tokenizer, unchanged."
    return Finding("special_tokens", "failed", measured, expected, "; ".join(problems), change)


def targets(case: Case) -> Finding:
    """The encoded labels do not say what the labels say.

    Each row has to be `<bos>`, the characters, one `<eos>`, then `<pad>`; read back it has to give the label. A row without
    `<eos>` teaches a model that never stops; one that is padded with `<eos>` teaches it to stop.
    """
    batch, tokenizer = case.batch, case.tokenizer
    wrong: dict[str, int] = {}
    for row, label in zip(batch.tgt.tolist(), batch.labels, strict=True):
        problem = _problem(row, label, case)
        if problem:
            wrong[problem] = wrong.get(problem, 0) + 1
    expected = "<bos>, the label's characters, one <eos>, then <pad>"
    share = sum(wrong.values()) / len(batch)
    measured = f"{len(batch) - sum(wrong.values())} of {len(batch)} rows right"
    if not wrong:
        return Finding("targets", "passed", measured, expected, figures={"wrong": share})
    commonest = max(wrong, key=lambda problem: wrong[problem])
    change = (
        f"Encode labels with the tokenizer of the spec (charset {tokenizer.charset.name!r}): Tokenizer.encode_batch."
    )
    return Finding("targets", "failed", measured, expected, commonest, change, {"wrong": share})


def _problem(row: list[int], label: str, case: Case) -> str:
    tokenizer = case.tokenizer
    length = len(label)
    if row[0] != tokenizer.bos_id:
        return "rows do not begin with <bos>"
    if tokenizer.eos_id not in row:
        return "rows have no <eos>: the model would never learn to stop"
    if row.count(tokenizer.eos_id) > 1:
        return "rows have more than one <eos>: they are padded with it"
    if row.index(tokenizer.eos_id) != length + 1 or set(row[length + 2 :]) - {tokenizer.pad_id}:
        return "<eos> does not stand right behind the last character"
    # Not by the tokenizer: what encodes wrong may decode wrong, too.
    order = case.spec.characters
    if [order[token - 1] if 0 < token <= len(order) else "" for token in row[1 : length + 1]] != list(label):
        return "rows read back as other text than their labels: another order of the charset"
    return ""


def model_runs(case: Case) -> Finding:
    """A training step stops with an error.

    An index out of range means a token without a row in the embedding, or a target without a class: two vocabularies. Shapes
    that do not fit mean a part that was exchanged without its neighbours.
    """
    expected = "a step forward and backward gives a loss that is a number"
    batch = few_lines(case.batch)
    try:
        loss = _watch(case.model, batch, causal_mask(batch.tgt.shape[1] - 2)[None]).loss
    except NoLossError as error:
        cause = "weights or inputs are not finite numbers"
        change = "init_from=null" if case.config.init_from else "Look for a division by zero or a logarithm of zero."
        return Finding("model_runs", "failed", str(error), expected, cause, change)
    except (RuntimeError, IndexError) as error:
        said = " ".join(str(error).split())[:200]
        cause = "a token has no row, or shapes do not fit: two parts of the model were made for different sizes"
        change = "Build model and batch from one spec and one configuration."
        return Finding("model_runs", "failed", f"{type(error).__name__}: {said}", expected, cause, change)
    return Finding("model_runs", "passed", f"loss {loss:.2f}", expected, figures={"loss": loss})


def shifted_targets(case: Case) -> Finding:
    """Inputs and targets are not shifted against each other by one.

    The query that predicts character 3 may read `<bos>` and characters 1 and 2. If it reads character 3 as well it copies
    it: the loss falls to nothing within minutes, and without labels to copy the model reads nothing. If it is asked for what
    it has just read it learns that `<bos>` is followed by the end.
    """
    batch = few_lines(case.batch)
    watched = _watch(case.model, batch, causal_mask(batch.tgt.shape[1] - 2)[None])
    tokenizer, tgt = case.tokenizer, batch.tgt
    shown, read = tokenizer.decode(watched.asked[: len(batch.labels[0])].tolist()), _show(watched.read[0], case)
    measured = f"for {batch.labels[0]!r} the model reads {read} and is asked for {shown!r}"
    expected = "it reads <bos> and the characters, and is asked for the characters and <eos>"
    starts_late = bool((watched.read[:, 0] != tokenizer.bos_id).any())
    # Every character, by the query that stands before it where that is known. Padding and <eos> are other checks'.
    wanted = tgt[:, 1:].flatten()
    is_character = (wanted != tokenizer.pad_id) & (wanted != tokenizer.eos_id)
    if watched.places is None:
        found = watched.asked[watched.asked != tokenizer.eos_id]
    else:
        by_query = torch.full_like(wanted, tokenizer.pad_id)
        by_query[watched.places] = watched.asked
        found = by_query[is_character]
    if not starts_late and torch.equal(found, wanted[is_character]):
        return Finding("shifted_targets", "passed", measured, expected)
    cause = (
        "the inputs are not shifted: each query reads its own answer"
        if starts_late
        else ("the targets are not shifted: each query is asked for a token that it reads")
    )
    change = "tgt_in = tgt[:, :-1], tgt_out = tgt[:, 1:], as PARSeq.training_losses does it."
    return Finding("shifted_targets", "failed", measured, expected, cause, change)


def padding_ignored(case: Case) -> Finding:
    """Padding counts in the loss.

    A batch is as long as its longest label; the rest is `<pad>`. If that counts, most of the loss is about padding: it falls
    quickly, and the model has learned that most things are nothing. One more column of padding must change nothing at all.
    """
    batch = few_lines(case.batch)
    pad = torch.full((len(batch), 3), case.tokenizer.pad_id)
    longer = torch.cat((batch.tgt, pad), dim=1)[:, : case.spec.max_label_length + 2]
    plain = _watch(case.model, batch, causal_mask(batch.tgt.shape[1] - 2)[None])
    padded = _watch(case.model, replace(batch, tgt=longer), causal_mask(longer.shape[1] - 2)[None])
    change_of_loss = abs(padded.loss - plain.loss) / max(plain.loss, 1e-6)
    num_tokens = sum(len(label) + 1 for label in batch.labels)
    measured = f"{len(plain.asked)} targets for {num_tokens} tokens; with more padding the loss changes by {change_of_loss:.2%}"
    expected = "one target a token, and the same loss"
    figures = {"targets": len(plain.asked), "tokens": num_tokens, "change": change_of_loss}
    # fp32 sums in another order differ by a millionth.
    if len(plain.asked) <= num_tokens and change_of_loss < 1e-4:  # noqa: PLR2004
        return Finding("padding_ignored", "passed", measured, expected, figures=figures)
    cause = "the loss is also taken where there is only padding"
    change = "Mask it out: target.masked_fill(target == tokenizer.pad_id, IGNORED), cross_entropy's ignore_index."
    return Finding("padding_ignored", "failed", measured, expected, cause, change, figures)


def no_peeking(case: Case) -> Finding:
    """A character sees its own answer, or one that comes later.

    PARSeq learns all orders of reading through masks. If a mask is not followed, the answer lies open in training: the loss
    is near zero after an hour, and reading gives noise, because then there is no answer to look at.
    """
    model, batch = case.model, few_lines(case.batch)
    length = batch.tgt.shape[1] - 2
    watched = _watch(model, batch, one_pass_mask(length)[None])
    pull = watched.pull[:, 1:].max().item() / max(watched.pull[:, 0].max().item(), 1e-12)
    shown = _own_answers(order_masks(batch, case.config.trainer, case.config.seed, 0))
    with torch.inference_mode():
        memory = model.encode(batch.images)
        tokens = batch.tgt[:, :-1]
        other = tokens.clone()
        half = tokens.shape[1] // 2
        other[:, half:] = tokens[:, half:].roll(1, dims=0)
        other[:, half] = (tokens[:, half] + 1) % case.tokenizer.num_classes
        mask = causal_mask(length)[None, None]
        before, after = (model.logits(memory, one, mask, length + 1)[:, :half] for one in (tokens, other))
    moved = (before - after).abs().max().item()
    measured = (
        f"hidden tokens pull {pull:.2g} as strongly as <bos>; later ones move earlier logits by {moved:.2g}; {shown} queries may "
        "see their answer"
    )
    expected = "0, 0 and 0"
    figures = {"pull": pull, "moved": moved, "shown": shown}
    if pull < 1e-4 and moved < 1e-3 and not shown:  # noqa: PLR2004 - rounding of fp32
        return Finding("no_peeking", "passed", measured, expected, figures=figures)
    if shown:
        cause = "the orders that training draws do not hide what is asked for"
        change = "Make query_masks hide each position from its own query, and what is generated later."
        return Finding("no_peeking", "failed", measured, expected, cause, change, figures)
    cause = "the training step does not follow its masks" if pull >= 1e-4 else "the decoder does not follow its masks"  # noqa: PLR2004
    change = "Pass the query mask to the attention over the context: True = may not attend."
    return Finding("no_peeking", "failed", measured, expected, cause, change, figures)


def eos_learned(case: Case) -> Finding:
    """The end of the line is never asked for.

    Without `<eos>` among the targets the model cannot learn to stop: it reads the line, and then goes on, often with its last
    character, until the last position.
    """
    batch = few_lines(case.batch)
    watched = _watch(case.model, batch, causal_mask(batch.tgt.shape[1] - 2)[None])
    ends = int((watched.asked == case.tokenizer.eos_id).sum())
    measured, expected = f"{ends} of {len(watched.asked)} targets are <eos>", f"one a line: {len(batch)}"
    if ends >= len(batch):
        return Finding("eos_learned", "passed", measured, expected, figures={"ends": ends})
    cause = "<eos> is left out of the loss, or of the labels"
    change = "Keep <eos> among the targets: num_eos_orders of PARSeq.training_losses is 2."
    return Finding("eos_learned", "failed", measured, expected, cause, change, {"ends": ends})


def _own_answers(masks: Tensor) -> int:
    """How many queries see their own answer, or another's who sees theirs: (K, L+1, L+1) masks, True = may not attend."""
    # Row p asks for position p + 1, column q holds position q: known[p, q] says that q + 1 is known when p + 1 is asked for.
    known = ~masks[:, :-1, 1:]
    return int((known & known.transpose(1, 2)).sum())


def _watch(model: PARSeq, batch: Batch, masks: Tensor) -> Watched:
    """Run a training step up to its gradients and note what went in and what was asked for; the model stays as it was."""
    read: list[tuple[Tensor, Tensor]] = []
    logits: list[Tensor] = []

    def note_context(module: object, args: tuple[Tensor, ...], output: Tensor) -> None:
        output.retain_grad()
        read.append((args[0], output))

    def note_logits(module: object, args: tuple[Tensor, ...], output: Tensor) -> None:
        output.retain_grad()
        logits.append(output)

    hooks = [model.embedding.register_forward_hook(note_context), model.head.register_forward_hook(note_logits)]
    try:
        with torch.enable_grad():
            loss = model.training_losses(batch.images, batch.tgt, masks).loss
            loss.backward()
    finally:
        for hook in hooks:
            hook.remove()
        model.zero_grad(set_to_none=True)
    if not math.isfinite(loss.item()):
        raise NoLossError(f"the loss is {loss.item()}, so its gradients say nothing")
    tokens, content = read[0]
    rows = torch.cat([_gradient(one).flatten(0, -2) for one in logits])
    places = (rows.abs().sum(dim=1) > 0).nonzero()[:, 0]
    is_known = len(rows) == tokens.numel()
    asked = rows[places].argmin(dim=1)
    return Watched(loss.item(), tokens, asked, places if is_known else None, _gradient(content).norm(dim=2))


def _gradient(tensor: Tensor) -> Tensor:
    return torch.zeros_like(tensor) if tensor.grad is None else tensor.grad


def _show(tokens: Tensor, case: Case) -> str:
    names = {case.tokenizer.bos_id: "<bos>", case.tokenizer.pad_id: "<pad>", case.tokenizer.eos_id: "<eos>"}
    return "".join(names.get(token) or case.tokenizer.decode([token]) for token in tokens.tolist())
