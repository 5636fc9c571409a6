"""Free supervision from the renderer: it knows which columns of the image belong to which character.

Legend: N batch, R rows and Q columns of the grid, S = R*Q, L label length, D width.

Three auxiliary losses for samples that have glyph boxes. `column_loss` asks each column of the memory which character stands
there, as jamo, so that the encoder learns to read before the decoder has learned where to look. `start_loss` asks where each
character starts, which is what the model counts by. `attention_loss` asks the decoder to look where the character is.
"""

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from hunmin.data.loading.batch import Batch
from hunmin.model.column_bias import UNKNOWN
from hunmin.model.encoder import Encoder, Grid
from hunmin.model.parseq import IGNORED
from hunmin.text.hangul import NUM_CHO, NUM_JONG, NUM_JUNG, decompose, is_syllable
from hunmin.text.tokenizer import Tokenizer

NOT_HANGUL, GAP = NUM_CHO, NUM_CHO + 1  # two classes beside the leading consonants


class ColumnHead(nn.Module):
    """Reads each column of the memory: leading consonant (or other character, or gap), vowel, trailing consonant, other."""

    def __init__(self, tokenizer: Tokenizer, width: int, rows: int) -> None:
        super().__init__()
        self.rows = rows
        rows_of_parts, num_other = [], 0
        for token in range(tokenizer.vocab_size):
            character = tokenizer.charset.characters[token - 1] if 0 < token < tokenizer.num_classes else " "
            if is_syllable(character):
                rows_of_parts.append((*decompose(character), IGNORED))
            elif character == " ":
                rows_of_parts.append((GAP, IGNORED, IGNORED, IGNORED))
            else:
                rows_of_parts.append((NOT_HANGUL, IGNORED, IGNORED, num_other))
                num_other += 1
        self.sizes = (NUM_CHO + 2, NUM_JUNG, NUM_JONG, max(num_other, 1))
        self.register_buffer("parts", torch.tensor(rows_of_parts, dtype=torch.int64), persistent=False)
        self.parts: Tensor
        self.linear = nn.Linear(width * rows, sum(self.sizes))

    def forward(self, memory: Tensor) -> list[Tensor]:
        """(N, R*Q, D) → logits of the four questions, each (N, Q, classes of it)."""
        columns = memory.unflatten(1, (self.rows, -1)).permute(0, 2, 1, 3).flatten(2)
        return list(self.linear(columns).split(self.sizes, dim=2))


def columns_of_boxes(boxes: Tensor, grid: Grid, width_px: int) -> Tensor:
    """Which columns each character covers.

    Args:
        boxes: (N, L, 4) float32 x0, y0, x1, y1 in pixels of the padded image; negative where there is no character or
            nobody knows.
        grid: of the memory.
        width_px: of the padded images.

    Returns:
        (N, L, Q) bool: the column's middle lies in the box, or the column is the one under the box's middle.
    """
    column_px = width_px / grid.columns
    left = torch.arange(grid.columns, device=boxes.device) * column_px
    middle = left + column_px / 2
    x0, x1 = boxes[..., 0, None], boxes[..., 2, None]
    centre = (x0 + x1) / 2
    return ((middle >= x0) & (middle < x1)) | ((left <= centre) & (centre < left + column_px))


def known_columns(encoder: Encoder, batch: Batch) -> Tensor | None:
    """The column that each character stands in, as `PARSeq.training_losses` takes it.

    Args:
        encoder: whose grid has the columns.
        batch: N lines of up to L characters.

    Returns:
        (N, L) float32, a whole number for the middle of a column, `UNKNOWN` where there is no character; None where a line has no
        boxes.
    """
    if not batch.has_all_boxes:
        return None
    width_px = batch.images.shape[3]
    columns = encoder.grid(batch.images.shape[2], width_px).columns
    middle = (batch.boxes[..., 0] + batch.boxes[..., 2]) / 2 * (columns / width_px) - 0.5
    return middle.clamp(min=0.0).masked_fill(~batch.box_mask, UNKNOWN)


def column_loss(head: ColumnHead, memory: Tensor, tgt: Tensor, covers: Tensor, has_boxes: Tensor) -> Tensor:
    """Mean over the four questions of their cross-entropies, each over the columns that it concerns.

    Args:
        head: asks the questions.
        memory: (N, R*Q, D).
        tgt: (N, L+2) int64 tokens.
        covers: (N, L, Q) bool from `columns_of_boxes`.
        has_boxes: (N,) bool, whether the sample's boxes are known at all.

    Returns:
        Scalar; 0 where no sample has boxes.
    """
    # The last character that covers a column owns it; a column that none covers is a gap.
    characters = tgt[:, 1 : covers.shape[1] + 1]
    order = torch.arange(1, covers.shape[1] + 1, device=tgt.device)
    owner = (covers * order[:, None]).amax(dim=1)
    token = torch.cat((torch.zeros_like(characters[:, :1]), characters), dim=1).gather(1, owner)
    targets = head.parts[token]  # token 0 is <eos>: a gap
    targets = targets.masked_fill(~has_boxes[:, None, None], IGNORED)
    losses = [
        F.cross_entropy(logits.flatten(0, 1).float(), targets[..., i].flatten(), ignore_index=IGNORED, reduction="sum")
        / (targets[..., i] != IGNORED).sum().clamp(min=1)
        for i, logits in enumerate(head(memory))
    ]
    return torch.stack(losses).mean()


def start_loss(start_logits: Tensor, covers: Tensor, has_boxes: Tensor) -> Tensor:
    """Binary cross-entropy of "a character starts in this column", over all columns of the lines with boxes.

    The end counts as one more character: whoever looks for what follows the last one finds it right of it, and does not read the
    last one again.

    Args:
        start_logits: (N, Q) from `CharacterCount.start_logits`.
        covers: (N, L, Q) bool; a character starts in the first column that it covers, the end in the first that none covers after
            the last.
        has_boxes: (N,) bool.

    Returns:
        Scalar; 0 where no sample has boxes.
    """
    covers = covers & has_boxes[:, None, None]
    first = covers & (covers.int().cumsum(dim=2) == 1)
    text = covers.any(dim=1).flip(1).cummax(dim=1).values.flip(1)  # up to the last column of the last character
    end = F.pad(text, (1, 0))[:, :-1] & ~text
    starts = (first.any(dim=1) | end).float()
    losses = F.binary_cross_entropy_with_logits(start_logits.float(), starts, reduction="none").mean(dim=1)
    return (losses * has_boxes).sum() / has_boxes.sum().clamp(min=1)


def attention_loss(attention: Tensor, covers: Tensor, has_boxes: Tensor, rows: int) -> Tensor:
    """Mean of -log(attention that falls on the character's own columns) over all characters and orders.

    Args:
        attention: (N, K*(L+1), R*Q), `Losses.attention`; rows sum to 1.
        covers: (N, L, Q) bool.
        has_boxes: (N,) bool.
        rows: rows of the grid.

    Returns:
        Scalar; 0 where no sample has boxes.
    """
    num_characters = covers.shape[1]
    by_column = attention.unflatten(2, (rows, -1)).sum(dim=2).unflatten(1, (-1, num_characters + 1))[:, :, :-1]
    hit = (by_column * covers[:, None]).sum(dim=3)
    counted = (covers.any(dim=2) & has_boxes[:, None])[:, None].expand_as(hit)
    loss: Tensor = -(hit.clamp(min=1e-6).log() * counted).sum() / counted.sum().clamp(min=1)
    return loss
