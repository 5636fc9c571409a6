"""Checks of the decoder: what its answers depend on. What a query may see is looked at with the vocabulary.

Legend: N batch, S memory length, L longest label of the batch.
"""

import torch
from torch import Tensor

from hunmin.diagnosis.case import Case
from hunmin.diagnosis.findings import Finding
from hunmin.diagnosis.measure.probe import CHANGED, change, image_effect, others_turn, probe
from hunmin.model.permutations import causal_mask

WEAK, STRONG = 0.1, 10.0
"""Range of the positions' root mean square against the tokens': outside, one of the two is less than 1 % of their sum."""
BALANCED = 0.7
"""The ratio of a new model: sinusoids of 0.71 beside tokens of 1."""
SATURATED = 0.99
"""Share of the attention on one cell a head from which on hardly any gradient says where else to look; 11 % at most in a new
bundled model, 87 % in the trained one."""


def position_scale(case: Case) -> Finding:
    """Positions are far weaker than the tokens that they are added to, or far stronger.

    The decoder knows where a character stands only from its position, which is added to the token. With a ratio r between the
    two root mean squares, positions are r² / (1 + r²) of the sum. At 0.02, a usual initialisation of positions, beside tokens
    of 1 that is 0.04 %: the context is a bag of characters, until the positions have grown.
    At 10 the tokens drown in the same way.
    """
    seen = probe(case.model, case.batch)
    tokens = seen.batch.tgt[:, :-1]
    with torch.no_grad():
        token_rms = _rms(seen.model.embedding(tokens))
        position_rms = _rms(seen.model.queries(0, tokens.shape[1]))
    ratio = position_rms / max(token_rms, 1e-12)
    measured = f"positions {position_rms:.2g}, tokens {token_rms:.2g}: a ratio of {ratio:.2g}"
    expected, figures = f"a ratio of {WEAK:g} to {STRONG:g}", {"ratio": ratio}
    if WEAK <= ratio <= STRONG:
        return Finding("position_scale", "passed", measured, expected, figures=figures)
    cause = f"{'positions' if ratio < WEAK else 'tokens'} drown in the sum: the two are initialised at different scales"
    remedy = f"Multiply model.positions by {BALANCED / max(ratio, 1e-12):.3g}, or start from sinusoids, as PARSeq does."
    return Finding("position_scale", "failed", measured, expected, cause, remedy, figures)


def context_order(case: Case) -> Finding:
    """The decoder reads its context as a set: the order of the characters makes no difference.

    Attention by itself knows no order. Unless positions are added to the content, 대한 and 한대 are the same context, and nothing
    tells what comes next. Read backwards, the context has to change the logits: in the bundled models by 3 % and more when new,
    in the trained one by about 70 %, without positions by rounding alone.
    """
    seen = probe(case.model, case.batch)
    tokens = seen.batch.tgt[:, :-1]
    backwards = torch.cat((tokens[:, :1], tokens[:, 1:].flip(1)), dim=1)
    nothing_hidden = torch.zeros(1, 1, 1, 1, dtype=torch.bool)
    with torch.no_grad():
        logits, others = (
            seen.model.logits(seen.memory, one, nothing_hidden, tokens.shape[1]) for one in (tokens, backwards)
        )
    changed = change(logits, others)
    measured, expected = f"logits change by {changed:.1e} with the context read backwards", f"more than {CHANGED:.0e}"
    if changed > CHANGED:
        return Finding("context_order", "passed", measured, expected, figures={"change": changed})
    cause = "no positions are added to the content"
    remedy = "Add the positions to the embedded tokens, as PARSeq.embed does."
    return Finding("context_order", "failed", measured, expected, cause, remedy, {"change": changed})


def image_reaches_output(case: Case) -> Finding:
    """The decoder does not look at the image: every image gets the same answer.

    It then learns which characters are frequent, and which follow each other, and nothing else: the loss falls to the entropy
    of the labels and stays there. Given another line's memory, the logits have to change: in hunmin's models they do by
    half a percent or more before the first step, and not at all where cross-attention is cut off.
    """
    seen = probe(case.model, case.batch)
    index = others_turn(seen.batch.labels)
    if change(seen.features, seen.features[index]) <= CHANGED:
        reason = "all images have the same memory; see encoder_features"
        return Finding("image_reaches_output", "skipped", reason, "")
    changed = image_effect(seen)
    measured, expected = f"logits change by {changed:.1e} with another line's image", f"more than {CHANGED:.0e}"
    if changed > CHANGED:
        return Finding("image_reaches_output", "passed", measured, expected, figures={"change": changed})
    cause = "cross-attention has no effect: its output is zero or dropped, or it is not given the memory"
    remedy = "Let the decoder add its attention over the memory to the queries, as Decoder.forward does."
    return Finding("image_reaches_output", "failed", measured, expected, cause, remedy, {"change": changed})


def attention_moves(case: Case) -> Finding:
    """The decoder looks at the same place for every character.

    To read a line it has to look at another place for each. If all queries look alike, or if the softmax is saturated (all
    weight on one cell from the start, so that hardly a gradient says where else to look), every character is read from one
    spot, and the answer is one character, repeated. A new model looks nearly everywhere, each query a little differently: 0.3
    % of the weight and more moves from one character to the next. In the bundled trained one more than half moves.
    """
    seen = probe(case.model, case.batch)
    model, tokens = seen.model, seen.batch.tgt[:, :-1]
    with torch.no_grad():
        content = model.decoder.project_content(model.embed(tokens))
        queries = model.queries(0, tokens.shape[1]).expand(len(tokens), -1, -1)
        states = model.decoder.attend_content(queries, content, causal_mask(tokens.shape[1] - 1))
        # Without the bias of `column_bias.py`, which moves whatever the queries do.
        weights = model.decoder.memory_attention(states, seen.memory.projected, torch.zeros(1, 1, 1, 1))
    moved = float((weights[:, 1:] - weights[:, :-1]).abs().sum(dim=2).mean()) / 2
    # Averaged over the heads, the weights of heads that each look at one cell lie on as many cells.
    num_heads = min(model.config.decoder.num_heads, weights.shape[2])
    peak = float(weights.topk(num_heads, dim=2).values.sum(dim=2).mean())
    measured = (
        f"{moved:.2g} of the weight moves from one character to the next; {peak:.0%} of it lies on one cell a head"
    )
    expected = f"more than {CHANGED:.0e}" + ("" if case.weights else f", and less than {SATURATED:.0%} in a new model")
    figures = {"moved": moved, "peak": peak}
    if moved <= CHANGED:
        cause = "all queries look at the same places: they are equal, or their projection is zero"
        remedy = "Give every query a position of its own, and initialise cross_attn.q with weights other than zero."
        return Finding("attention_moves", "failed", measured, expected, cause, remedy, figures)
    if peak >= SATURATED and not case.weights:
        cause = "the attention of the new model is saturated: its scores are far too large"
        remedy = "Divide the scores by the root of the head's width, and initialise cross_attn smaller."
        return Finding("attention_moves", "failed", measured, expected, cause, remedy, figures)
    return Finding("attention_moves", "passed", measured, expected, figures=figures)


def _rms(values: Tensor) -> float:
    return float(values.square().mean().sqrt())
