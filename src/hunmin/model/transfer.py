"""Start a model from another one: same architecture, but perhaps another charset, head or maximum label length.

Legend: C classes, V tokens, D width.

Tensors of the same name and shape are taken over as they are. What depends on the vocabulary goes by character: a character
that both know keeps its row, wherever it stands; the tables of jamo serve every syllable and are taken over whole. Encoder blocks
that only the new model has begin by changing nothing, so a deeper model reads as the other one until it learns more.
"""

import re
from dataclasses import dataclass
from pathlib import Path

import torch
from torch import Tensor

from hunmin.errors import InputError
from hunmin.model.checkpoint import load_model
from hunmin.model.encoder import VitEncoder
from hunmin.model.head import DenseHead, FactoredHead, Head
from hunmin.model.parseq import PARSeq
from hunmin.text.hangul import FIRST_SYLLABLE, NUM_CHO, NUM_JONG, NUM_JUNG, decompose, is_syllable
from hunmin.text.tokenizer import Tokenizer

_ENDS_A_BRANCH = re.compile(r"encoder\.(blocks\.\d+\.(attn\.proj|mlp\.fc2)|stem\.\d+\.blocks\.\d+\.1)\.(weight|bias)")
"""What the encoder's residual blocks add comes out of these tensors: of 0, a block adds nothing."""
SHOWN = 20
"""Characters and tensors that the summary names; the rest is counted."""


@dataclass(frozen=True)
class Transferred:
    """What a model took over from another one."""

    num_tensors: int
    """Taken over, in whole or by character or position."""
    new_tensors: tuple[str, ...]
    """The names of those that begin anew."""
    num_characters: int
    """Known to both."""
    new_characters: str
    """Known only to the model that starts."""
    num_positions: int
    """Of the characters in a line."""
    new_positions: int

    def summary(self) -> str:
        """One line for people."""
        tensors = f"{self.num_tensors} tensors" + _named("new", list(self.new_tensors), ", ")
        characters = f"{self.num_characters:,} characters" + _named("new", list(self.new_characters), "")
        positions = f"{self.num_positions} positions" + (f" (new: {self.new_positions})" if self.new_positions else "")
        return f"took over {tensors}; {characters}; {positions}"


def _named(what: str, names: list[str], comma: str) -> str:
    if not names:
        return ""
    more = f" and {len(names) - SHOWN:,} more" if len(names) > SHOWN else ""
    return f" ({what}: {comma.join(names[:SHOWN])}{more})"


def transfer_weights(model: PARSeq, path: Path) -> Transferred:
    """Start `model` from the one in `path`.

    Args:
        model: keeps its own weights where the other has none that fit.
        path: as for `load_model`.

    Raises:
        InputError: `path` is no model of hunmin, or its encoder or decoder is another one.
    """
    other = load_model(path)
    theirs, own = other.state_dict(), model.state_dict()
    taken = {
        name: theirs[name]
        for name, tensor in own.items()
        if name in theirs and theirs[name].shape == tensor.shape and not _goes_by_character(name)
    }
    if not any(name.startswith("encoder.") for name in taken) or not any(name.startswith("decoder.") for name in taken):
        raise InputError(
            f"{path}: model {other.config.name!r} has another width or encoder than model {model.config.name!r}, so nothing of "
            "it fits; start from a model of the same shape, or with the same model=…"
        )
    with torch.no_grad():
        for name, tensor in own.items():
            if name not in theirs and _ENDS_A_BRANCH.fullmatch(name):
                tensor.zero_()
        taken |= _vocabulary(model, other)
        num_positions = min(len(model.positions), len(other.positions))
        taken["positions"] = torch.cat((other.positions[:num_positions], model.positions[num_positions:]))
        if isinstance(model.encoder, VitEncoder) and isinstance(other.encoder, VitEncoder):
            taken |= _patch_positions(model.encoder, other.encoder)
    model.load_state_dict(taken, strict=False)
    known = set(other.spec.characters)
    new = "".join(character for character in model.spec.characters if character not in known)
    return Transferred(
        num_tensors=len(taken),
        new_tensors=tuple(name for name in own if name not in taken),
        num_characters=len(model.spec.characters) - len(new),
        new_characters=new,
        num_positions=num_positions - 1,
        new_positions=len(model.positions) - num_positions,
    )


def _goes_by_character(name: str) -> bool:
    dense = ("head.weight", "head.bias", "embedding.weight")
    return name in dense or name.startswith(("head.plain.", "embedding.plain."))


def _vocabulary(model: PARSeq, other: PARSeq) -> dict[str, Tensor]:
    """The tables of head and embedding, with the rows of characters that `other` knows."""
    weight, bias = head_rows(other.head, other.tokenizer)
    embedded = other.embedding(torch.arange(other.tokenizer.vocab_size)[None])[0]
    rows = {token: i for i, token in enumerate(_tokens(other.tokenizer))}
    own, mine = model.state_dict(), _tokens(model.tokenizer)
    if isinstance(model.head, FactoredHead):
        mine = [token for token in mine if not is_syllable(token)]
    prefix = "plain." if isinstance(model.head, FactoredHead) else ""
    tables = {
        f"head.{prefix}weight": weight,
        f"head.{prefix}bias": bias,
        f"embedding.{prefix}weight": embedded,
    }
    made = {name: own[name].clone() for name in tables}
    for i, token in enumerate(mine):
        if token not in rows:
            continue
        for name, table in tables.items():
            if i < len(made[name]) and rows[token] < len(table):  # heads do not predict <bos> and <pad>
                made[name][i] = table[rows[token]]
    return made


def _tokens(tokenizer: Tokenizer) -> list[str]:
    """Every token's character, in the order of ids; the others have names that no character has."""
    names = {tokenizer.eos_id: "<eos>", tokenizer.bos_id: "<bos>", tokenizer.pad_id: "<pad>"}
    return [names.get(i) or tokenizer.charset.characters[i - 1] for i in range(tokenizer.vocab_size)]


def head_rows(head: Head, tokenizer: Tokenizer) -> tuple[Tensor, Tensor]:
    """A head as a dense one: its weights (C, D) and biases (C)."""
    if isinstance(head, DenseHead):
        return head.weight, head.bias
    weight = torch.empty(tokenizer.num_classes, head.plain.in_features)
    bias = torch.empty(tokenizer.num_classes)
    cho, jung, jong = head.parts.weight.split((NUM_CHO, NUM_JUNG, NUM_JONG))
    num_plain = 0
    for i, token in enumerate(_tokens(tokenizer)[: tokenizer.num_classes]):
        if is_syllable(token):
            parts, syllable = decompose(token), ord(token) - FIRST_SYLLABLE
            weight[i] = (
                cho[parts[0]] + jung[parts[1]] + jong[parts[2]] + head.syllables.weight[syllable] @ head.rest.weight
            )
            bias[i] = head.syllables.bias[syllable]
        else:
            weight[i], bias[i] = head.plain.weight[num_plain], head.plain.bias[num_plain]
            num_plain += 1
    return weight, bias


def _patch_positions(own: VitEncoder, other: VitEncoder) -> dict[str, Tensor]:
    """Positions of the columns that both have; lines start at the left in both."""
    if own.max_grid.rows != other.max_grid.rows or own.pos_embed.shape[2] != other.pos_embed.shape[2]:
        return {}
    mine, theirs = (encoder.pos_embed.unflatten(1, encoder.max_grid).clone() for encoder in (own, other))
    columns = min(own.max_grid.columns, other.max_grid.columns)
    mine[:, :, :columns] = theirs[:, :, :columns]
    return {"encoder.pos_embed": mine.flatten(1, 2)}
