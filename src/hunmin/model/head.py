"""Features → classes and tokens → features, for both kinds of head.

Legend: N batch, L positions, D width, C classes (characters and `<eos>`).

The factored pair says of a syllable what Hangul says of it: its leading consonant, vowel and trailing consonant add up, and a
low-rank rest holds what the sum does not explain. 68 rows of parts thus serve 11,172 syllables, and every line teaches them all.
"""

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from hunmin.model.config import HeadConfig
from hunmin.text.hangul import FIRST_SYLLABLE, NUM_CHO, NUM_JONG, NUM_JUNG, NUM_SYLLABLES, decompose, is_syllable
from hunmin.text.tokenizer import Tokenizer


class DenseHead(nn.Linear):
    """A row for every class."""

    def __init__(self, tokenizer: Tokenizer, width: int) -> None:
        super().__init__(width, tokenizer.num_classes)
        self.num_classes = tokenizer.num_classes
        nn.init.trunc_normal_(self.weight, std=0.02)
        nn.init.zeros_(self.bias)


class DenseEmbedding(nn.Embedding):
    """A row for every token, with a root mean square of 1."""

    def __init__(self, tokenizer: Tokenizer, width: int) -> None:
        super().__init__(tokenizer.vocab_size, width)
        self.vocab_size = tokenizer.vocab_size


class FactoredHead(nn.Module):
    """logit(syllable) = cho + jung + jong + low-rank rest + bias; a plain row for every other class."""

    def __init__(self, tokenizer: Tokenizer, width: int, rank: int) -> None:
        super().__init__()
        self.num_classes = tokenizer.num_classes
        characters = tokenizer.charset.characters
        syllables = [i for i, character in enumerate(characters, start=1) if is_syllable(character)]
        plain = [0, *(i for i, character in enumerate(characters, start=1) if not is_syllable(character))]
        self.parts = nn.Linear(width, NUM_CHO + NUM_JUNG + NUM_JONG, bias=False)
        self.rest = nn.Linear(width, rank, bias=False)
        self.syllables = nn.Linear(rank, NUM_SYLLABLES)
        self.plain = nn.Linear(width, len(plain))
        for layer in (self.parts, self.rest, self.syllables, self.plain):
            nn.init.trunc_normal_(layer.weight, std=0.02)
        nn.init.zeros_(self.syllables.bias)
        nn.init.zeros_(self.plain.bias)
        # Unicode order already is class order when all syllables come last: then nothing needs to be picked or moved.
        self.is_complete = [ord(characters[i - 1]) - FIRST_SYLLABLE for i in syllables] == list(range(NUM_SYLLABLES))
        self.is_ordered = plain + syllables == list(range(self.num_classes))
        chosen = torch.tensor([ord(characters[i - 1]) - FIRST_SYLLABLE for i in syllables], dtype=torch.int64)
        place = torch.empty(self.num_classes, dtype=torch.int64)
        place[torch.tensor(plain + syllables, dtype=torch.int64)] = torch.arange(self.num_classes)
        self.register_buffer("chosen", chosen, persistent=False)
        self.register_buffer("place", place, persistent=False)
        self.chosen: Tensor
        self.place: Tensor

    def forward(self, features: Tensor) -> Tensor:
        """(N, L, D) → logits (N, L, C)."""
        cho, jung, jong = self.parts(features).split((NUM_CHO, NUM_JUNG, NUM_JONG), dim=2)
        vowels = jung[..., :, None] + jong[..., None, :]
        syllables = (cho[..., :, None] + vowels.flatten(2)[..., None, :]).flatten(2)
        syllables = syllables + self.syllables(self.rest(features))
        if not self.is_complete:
            syllables = syllables.index_select(2, self.chosen)
        logits = torch.cat((self.plain(features), syllables), dim=2)
        return logits if self.is_ordered else logits.index_select(2, self.place)


class FactoredEmbedding(nn.Module):
    """The same composition for the input: cho + jung + jong + low-rank rest, a plain row for other tokens."""

    def __init__(self, tokenizer: Tokenizer, width: int, rank: int) -> None:
        super().__init__()
        self.vocab_size = tokenizer.vocab_size
        # The last row of each table is zero and stands for "this token has no such part".
        self.cho = nn.Embedding(NUM_CHO + 1, width, padding_idx=NUM_CHO)
        self.jung = nn.Embedding(NUM_JUNG + 1, width, padding_idx=NUM_JUNG)
        self.jong = nn.Embedding(NUM_JONG + 1, width, padding_idx=NUM_JONG)
        self.syllables = nn.Embedding(NUM_SYLLABLES + 1, rank, padding_idx=NUM_SYLLABLES)
        self.rest = nn.Linear(rank, width, bias=False)
        num_plain = tokenizer.vocab_size - sum(map(is_syllable, tokenizer.charset.characters))
        self.plain = nn.Embedding(num_plain + 1, width, padding_idx=num_plain)
        # Where a token's parts stand in the tables of `forward`, laid end to end; the last row of all is zero.
        first_jung, first_jong = NUM_CHO, NUM_CHO + NUM_JUNG
        first_plain = first_jong + NUM_JONG
        nothing = first_plain + num_plain
        parts, syllables, next_plain = [], [], first_plain
        for token in range(self.vocab_size):
            character = tokenizer.charset.characters[token - 1] if 0 < token < tokenizer.num_classes else ""
            if is_syllable(character):
                cho, jung, jong = decompose(character)
                parts.append((cho, first_jung + jung, first_jong + jong))
                syllables.append(ord(character) - FIRST_SYLLABLE)
            else:
                parts.append((next_plain, nothing, nothing))
                syllables.append(NUM_SYLLABLES)
                next_plain += 1
        self.register_buffer("parts_of", torch.tensor(parts, dtype=torch.int64), persistent=False)
        self.register_buffer("syllable_of", torch.tensor(syllables, dtype=torch.int64), persistent=False)
        self.parts_of: Tensor
        self.syllable_of: Tensor
        # Three parts of variance 1/3 add up to a root mean square of 1, like a plain row's.
        for table in (self.cho, self.jung, self.jong):
            nn.init.normal_(table.weight, std=3**-0.5)
        nn.init.normal_(self.plain.weight)
        nn.init.normal_(self.syllables.weight, std=0.02)
        nn.init.trunc_normal_(self.rest.weight, std=0.02)
        with torch.no_grad():
            for table in (self.cho, self.jung, self.jong, self.syllables, self.plain):
                table.weight[table.padding_idx] = 0

    def forward(self, ids: Tensor) -> Tensor:
        """(N, L) int64 → (N, L, D)."""
        tables = [table.weight[:-1] for table in (self.cho, self.jung, self.jong, self.plain)]
        parts = F.embedding(self.parts_of[ids], torch.cat([*tables, torch.zeros_like(self.cho.weight[:1])]))
        embedded: Tensor = parts.sum(dim=2) + self.rest(self.syllables(self.syllable_of[ids]))
        return embedded


Head = DenseHead | FactoredHead
Embedding = DenseEmbedding | FactoredEmbedding


def build_head(config: HeadConfig, tokenizer: Tokenizer, width: int) -> Head:
    """The output side for this vocabulary."""
    return FactoredHead(tokenizer, width, config.rank) if config.kind == "factored" else DenseHead(tokenizer, width)


def build_embedding(config: HeadConfig, tokenizer: Tokenizer, width: int) -> Embedding:
    """The input side for this vocabulary."""
    if config.kind == "factored":
        return FactoredEmbedding(tokenizer, width, config.rank)
    return DenseEmbedding(tokenizer, width)
