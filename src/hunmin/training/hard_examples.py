"""Online hard example mining (Shrivastava et al., CVPR 2016): a step learns from the lines of its batch that are read worst.

A model that reads four lines in five learns next to nothing from those four. Finding out which they are takes about as long as
half a step that learns from half of the batch.
"""

import math

import torch
import torch.nn.functional as F
from torch import Tensor

from hunmin.data.loading.batch import Batch
from hunmin.model.column_bias import UNKNOWN
from hunmin.model.parseq import PARSeq, fill_up, queries_with_targets
from hunmin.model.permutations import causal_mask
from hunmin.training.glyph_losses import known_columns


def num_hard_examples(num_lines: int, share: float) -> int:
    """How many of `num_lines` a step learns from."""
    return math.ceil(share * num_lines)


def keep_hard_examples(model: PARSeq, batch: Batch, share: float) -> Batch:
    """The `share` of a batch, at least one line, with the largest losses, in the order of the batch."""
    num_lines = num_hard_examples(len(batch), share)
    if num_lines >= len(batch):
        return batch
    rows: list[int] = line_losses(model, batch).topk(num_lines).indices.sort().values.tolist()
    return batch.take(rows, model.spec)


@torch.no_grad()
def line_losses(model: PARSeq, batch: Batch) -> Tensor:
    """How badly the model reads each line from left to right: (N,) float32.

    The sum over a line's characters, divided by the root of their number: the mean would pass over a long line with one
    mistake, the sum would take long lines only.
    """
    was_training = model.training
    model.eval()  # a look, which leaves the statistics of normalisation alone
    tgt_in, tgt_out = batch.tgt[:, :-1], batch.tgt[:, 1:]
    num_queries = tgt_in.shape[1]
    memory = model.encode(batch.images)
    columns = known_columns(model.encoder, batch)
    if columns is None:
        columns = model.align(memory, model.decoder.project_content(model.embed(tgt_in)))[:, :-1]
    known = F.pad(columns, (1, 0), value=UNKNOWN)
    output = model.decode(memory, tgt_in, causal_mask(num_queries - 1, tgt_in.device), num_queries, known)
    lengths = [len(label) for label in batch.labels]
    counted = queries_with_targets(lengths, 1, num_queries, 1, tgt_in.device)
    logits = model.head(output.features.flatten(0, 1).index_select(0, fill_up(counted))[None]).squeeze(0)[
        : len(counted)
    ]
    losses = F.cross_entropy(logits.float(), tgt_out.flatten().index_select(0, counted), reduction="none")
    model.train(was_training)
    num_tokens = torch.tensor(lengths, device=losses.device) + 1
    lines = torch.arange(len(batch), device=losses.device).repeat_interleave(num_tokens)
    return torch.zeros(len(batch), device=losses.device).index_add_(0, lines, losses) / num_tokens.sqrt()
