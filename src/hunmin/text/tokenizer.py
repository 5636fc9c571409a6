"""The one owner of the vocabulary: text ↔ token ids.

Ids: 0 is `<eos>`, 1 … C-1 are the characters of the charset, then `<bos>` = C and `<pad>` = C+1. The head predicts the
first C (`num_classes`); the input embedding has two rows more (`vocab_size`): `<bos>` and `<pad>` are never predicted.

Legend: N batch, L longest label, C classes.
"""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from hunmin.errors import InputError, MismatchError
from hunmin.text.charset import Charset

EOS_ID = 0


class Tokenizer:
    """Turns labels into ids and ids into text for one charset."""

    def __init__(self, charset: Charset) -> None:
        """Lay out the ids of `charset`."""
        self.charset = charset
        self.num_classes = len(charset) + 1
        self.eos_id = EOS_ID
        self.bos_id = self.num_classes
        self.pad_id = self.num_classes + 1
        self.vocab_size = self.num_classes + 2

    def encode(self, label: str) -> list[int]:
        """The ids of a normalised label's characters, without special tokens.

        Raises:
            InputError: a character is not in the charset.
        """
        index = self.charset.index
        try:
            return [index[character] + 1 for character in label]
        except KeyError:
            missing = "".join(self.charset.missing(label))
            raise InputError(
                f"label {label!r} has {missing!r}, not in charset {self.charset.name!r} "
                f"({len(self.charset)} characters). Add it to the charset, or drop such labels."
            ) from None

    def encode_batch(self, labels: Sequence[str], least_length: int = 0) -> NDArray[np.int64]:
        """`<bos>`, characters, `<eos>`, then `<pad>`: (N, L+2) int64, L that of the longest label, `least_length` or more."""
        rows = [self.encode(label) for label in labels]
        length = max(least_length, max(map(len, rows), default=0))
        batch = np.full((len(rows), length + 2), self.pad_id, dtype=np.int64)
        for i, row in enumerate(rows):
            batch[i, 0] = self.bos_id
            batch[i, 1 : len(row) + 1] = row
            batch[i, len(row) + 1] = self.eos_id
        return batch

    def decode(self, ids: Sequence[int]) -> str:
        """The text before the first `<eos>`; `<bos>` and `<pad>`, which no head predicts, are passed over."""
        characters = []
        for token in ids:
            if token == self.eos_id:
                break
            if 0 < token < self.num_classes:
                characters.append(self.charset.characters[token - 1])
        return "".join(characters)

    def check_sizes(self, *, where: str, vocab_size: int | None = None, num_classes: int | None = None) -> None:
        """Refuse tables that were built for another vocabulary.

        Args:
            where: what has these sizes, as the message should call it (`model 'nano'`, `ONNX graph model.onnx`).
            vocab_size: rows of the input embedding, if there is one.
            num_classes: classes of the output head, if there is one.

        Raises:
            MismatchError: a size differs; the message has both numbers and where each came from.
        """
        for name, found, wanted in (
            ("embedding rows", vocab_size, self.vocab_size),
            ("head classes", num_classes, self.num_classes),
        ):
            if found is not None and found != wanted:
                raise MismatchError(
                    f"{where} has {found} {name}, but the tokenizer has {wanted} (charset {self.charset.name!r}, "
                    f"{len(self.charset)} characters). Both must come from one spec: use the charset that the model was "
                    "trained with, or train a model for this one."
                )
