"""The model's contracts: shapes, shift, causality, vocabulary."""

import numpy as np
import pytest
import torch
from torch import Tensor

from hunmin.errors import MismatchError
from hunmin.model.column_bias import UNKNOWN
from hunmin.model.decode import (
    NUM_CANDIDATES,
    Decoded,
    LocatedTokens,
    decode_autoregressive,
    decode_left_to_right,
    decode_one_pass,
    end_at_edge,
    likeliest,
    refine,
)
from hunmin.model.decoder import KeyValue
from hunmin.model.encoder import ENCODERS
from hunmin.model.head import FactoredEmbedding, FactoredHead
from hunmin.model.parseq import Memory, PARSeq, queries_with_targets
from hunmin.model.permutations import causal_mask, cloze_mask, query_masks, sample_orders
from hunmin.text.charset import Charset, korean, ksx1001
from tests.model import shapes
from tests.model.shapes import model_config, small_spec


@pytest.fixture(params=["hybrid", "vit"])
def model(request: pytest.FixtureRequest) -> PARSeq:
    torch.manual_seed(0)
    return PARSeq(model_config(request.param), small_spec()).eval()


@pytest.mark.parametrize("kind", ["hybrid", "vit"])
@pytest.mark.parametrize("width_px", [32, 160, 256])
def test_memory_is_rows_times_columns_and_nothing_else(kind: str, width_px: int) -> None:
    encoder = ENCODERS[kind](shapes.ENCODERS[kind], 32, 256, 0.0)
    grid = encoder.grid(32, width_px)
    assert encoder(torch.zeros(2, 3, 32, width_px)).shape == (2, grid.rows * grid.columns, 64)


def test_the_target_of_bos_is_the_first_character(model: PARSeq) -> None:
    tgt = torch.from_numpy(model.tokenizer.encode_batch(["한글"]))
    assert tgt[0, 0] == model.tokenizer.bos_id
    assert model.tokenizer.decode([int(tgt[:, 1:][0, 0])]) == "한"


def test_changing_a_later_target_never_changes_an_earlier_logit(model: PARSeq) -> None:
    images = torch.rand(1, 3, 32, 64)
    memory = model.encode(images)
    before = torch.from_numpy(model.tokenizer.encode_batch(["가나다라마"]))[:, :-1]
    after = torch.from_numpy(model.tokenizer.encode_batch(["가나하라마"]))[:, :-1]
    mask = causal_mask(5)[None, None]
    one, other = (model.logits(memory, tokens, mask, 6) for tokens in (before, after))
    assert torch.equal(one[:, :3], other[:, :3])
    assert not torch.allclose(one[:, 3:], other[:, 3:])


def test_in_the_cloze_mask_a_character_never_changes_its_own_logit_but_every_other(model: PARSeq) -> None:
    memory = model.encode(torch.rand(1, 3, 32, 64))
    before = torch.from_numpy(model.tokenizer.encode_batch(["가나다라마"]))[:, :-1]
    after = torch.from_numpy(model.tokenizer.encode_batch(["가나하라마"]))[:, :-1]
    one, other = (model.logits(memory, tokens, cloze_mask(5)[None, None], 6) for tokens in (before, after))
    changed = (one - other).abs().amax(dim=2)[0] > 0
    assert changed.tolist() == [True, True, False, True, True, True]


def test_padding_changes_neither_loss_nor_logits_of_a_shorter_label(model: PARSeq) -> None:
    images = torch.rand(1, 3, 32, 64)
    tokenizer = model.tokenizer
    alone = torch.from_numpy(tokenizer.encode_batch(["가나"]))
    padded = torch.from_numpy(tokenizer.encode_batch(["가나", "가나다라마바"]))[:1]
    short = model.training_losses(images, alone, causal_mask(2)[None]).loss
    long = model.training_losses(images, padded, causal_mask(6)[None]).loss
    torch.testing.assert_close(short, long)


def test_the_loss_of_many_orders_is_the_mean_over_their_tokens(model: PARSeq) -> None:
    images = torch.rand(2, 3, 32, 96)
    tgt = torch.from_numpy(model.tokenizer.encode_batch(["가나다", "라마"]))
    orders = torch.tensor([[0, 1, 2, 3, 4], [0, 4, 3, 2, 1], [0, 2, 1, 3, 4], [0, 3, 1, 2, 4]])
    masks = query_masks(orders)
    folded = model.training_losses(images, tgt, masks).loss
    total, count = torch.zeros(()), 0
    for k, mask in enumerate(masks):
        one = model.training_losses(images, tgt, mask[None], num_eos_orders=1 if k < 2 else 0).loss
        num_tokens = 5 + (2 if k < 2 else 0)
        total, count = total + one * num_tokens, count + num_tokens
    torch.testing.assert_close(folded, total / count)


def test_autoregressive_decoding_with_kept_keys_equals_decoding_from_scratch(model: PARSeq) -> None:
    images = torch.rand(3, 3, 32, 96)
    with torch.no_grad():
        memory = model.encode(images)
        kept, log_probs, _ = decode_left_to_right(model, memory)
        tokens = torch.full((3, 1), model.tokenizer.bos_id)
        columns = torch.full((3, 1), UNKNOWN)
        for position in range(kept.shape[1]):
            mask = causal_mask(position)[None, None]
            output = model.decode(memory, tokens, mask, position + 1, columns)
            anew = likeliest(model.head(output.features)[:, position:])
            assert torch.equal(anew.tokens[:, 0], kept[:, position])
            torch.testing.assert_close(anew.log_probs[:, 0], log_probs[:, position], atol=1e-5, rtol=1e-4)
            tokens = torch.cat((tokens, anew.tokens), dim=1)
            found = model.column_bias.attended_column(output.attention)
            columns = torch.cat((columns, found[:, position:]), dim=1)


def test_a_query_knows_where_its_neighbours_stand_and_never_where_it_stands_itself(model: PARSeq) -> None:
    memory = model.encode(torch.rand(1, 3, 32, 128))
    tokens = torch.from_numpy(model.tokenizer.encode_batch(["가나다라마"]))[:, :-1]
    before = torch.tensor([[UNKNOWN, 1.0, 4.0, 7.0, 10.0, 13.0]])
    after = before.clone()
    after[0, 3] = 9.0
    mask = cloze_mask(5)[None, None]
    one, other = (model.logits(memory, tokens, mask, 6, columns) for columns in (before, after))
    changed = (one - other).abs().amax(dim=2)[0] > 0
    assert changed.tolist() == [False, True, False, True, False, False]


def test_without_boxes_the_columns_in_training_are_those_that_decoding_the_same_text_finds(model: PARSeq) -> None:
    images = torch.rand(1, 3, 32, 96)
    with torch.no_grad():
        memory = model.encode(images)
        read = decode_left_to_right(model, memory).tokens
        tgt = torch.full((1, 18), model.tokenizer.bos_id)
        tgt[0, 1 : read.shape[1] + 1] = read
        found = model.align(memory, model.decoder.project_content(model.embed(tgt[:, :-1])))
        unknown = model.training_losses(images, tgt, causal_mask(16)[None], [16]).loss
        known = model.training_losses(images, tgt, causal_mask(16)[None], [16], found[:, :-1]).loss
    torch.testing.assert_close(unknown, known)


def test_a_line_ends_behind_its_last_column_and_no_character_is_repeated_there(model: PARSeq) -> None:
    memory = model.encode(torch.rand(1, 3, 32, 96))
    last = memory.counts.shape[1] - 1
    decoded = Decoded(torch.tensor([[5, 6, 7, 7]]), torch.full((1, 4), -0.3))
    ended = end_at_edge(model, memory, decoded, torch.tensor([[UNKNOWN, last - 1.0, last - 0.2, last - 0.05]]))
    assert ended.tokens.tolist() == [[5, 6, 7, model.tokenizer.eos_id]]
    assert ended.log_probs[0].tolist() == pytest.approx([-0.3, -0.3, -0.3, 0.0])


def test_decoding_gives_a_class_and_its_probability_for_every_position(model: PARSeq) -> None:
    images = torch.rand(2, 3, 32, 64)
    longest = model.spec.max_label_length + 1
    with torch.no_grad():
        at_once, in_order = decode_one_pass(model, images), decode_autoregressive(model, images)
    for tokens, log_probs, *_ in (at_once, in_order):
        assert tokens.shape == log_probs.shape == (2, min(tokens.shape[1], longest))
        assert 0 <= tokens.min() and tokens.max() < model.tokenizer.num_classes
        assert (log_probs <= 0).all()
    assert at_once.tokens.shape[1] == longest


def test_decoding_gives_the_next_best_of_each_character_in_doubt_and_where_it_stands(model: PARSeq) -> None:
    images = torch.rand(2, 3, 32, 64)
    with torch.no_grad():
        for outputs in (decode_one_pass(model, images), decode_autoregressive(model, images)):
            candidates, log_probs = outputs.candidates, outputs.candidate_log_probs
            assert candidates.shape == log_probs.shape == (*outputs.tokens.shape, NUM_CANDIDATES)
            assert torch.equal(candidates[:, :, 0], outputs.tokens)
            assert torch.equal(log_probs[:, :, 0], outputs.log_probs)
            assert (log_probs[:, :, 1:] <= log_probs[:, :, :-1]).all()
            is_refined = log_probs[:, :, 1].isfinite()
            assert is_refined.any()
            assert all(len(set(row.tolist())) == NUM_CANDIDATES for row in candidates[is_refined])
            assert ((outputs.centres > 0) & (outputs.centres < 1)).all()


def test_what_the_first_reading_is_sure_of_has_no_other_candidates(model: PARSeq) -> None:
    memory = model.encode(torch.rand(1, 3, 32, 96))
    log_probs = torch.tensor([[-0.5, -0.001, -0.5, -0.5]])
    with torch.no_grad():
        decoded = LocatedTokens(torch.tensor([[1, 2, 3, 0]]), log_probs, torch.arange(4.0)[None])
        refined = refine(model, memory, decoded)
    assert refined.candidate_log_probs[0, :, 1:].isfinite().any(dim=1).tolist() == [True, False, True, False]


def test_a_refinement_changes_characters_and_never_reads_on_behind_the_end(model: PARSeq) -> None:
    memory = model.encode(torch.rand(2, 3, 32, 96))
    tokens = torch.tensor([[1, 2, 3, 0, 4, 5], [1, 2, 3, 4, 5, 6]])
    assert model.tokenizer.eos_id == 0
    log_probs = torch.full((2, 6), -0.123)
    columns = torch.arange(6.0).expand(2, -1)
    with torch.no_grad():
        refined = refine(model, memory, LocatedTokens(tokens, log_probs, columns))
        first = Memory(KeyValue(*(tensor[:1] for tensor in memory.projected)), memory.counts[:1])
        alone = refine(model, first, LocatedTokens(tokens[:1, :4], log_probs[:1, :4], columns[:1, :4]))
    assert (refined.log_probs == log_probs).tolist() == [[False] * 3 + [True] * 3, [False] * 6]
    assert refined.tokens[0, 3:].tolist() == [0, 4, 5]
    torch.testing.assert_close(refined.log_probs[:1, :4], alone.log_probs)
    assert torch.equal(refined.tokens[:1, :4], alone.tokens)


def test_a_refinement_leaves_alone_what_is_sure(model: PARSeq) -> None:
    memory = model.encode(torch.rand(1, 3, 32, 96))
    log_probs = torch.tensor([[-0.5, -0.001, -0.5, -0.5]])
    decoded = LocatedTokens(torch.tensor([[1, 2, 3, 0]]), log_probs, torch.arange(4.0)[None])
    with torch.no_grad():
        refined = refine(model, memory, decoded)
    assert (refined.log_probs == log_probs).tolist() == [[False, True, False, True]]
    assert refined.tokens[0, 1] == 2


def test_lines_that_end_at_once_stay_empty(model: PARSeq) -> None:
    memory = model.encode(torch.rand(2, 3, 32, 96))
    nothing = LocatedTokens(torch.zeros(2, 1, dtype=torch.int64), torch.full((2, 1), -0.5), torch.zeros(2, 1))
    with torch.no_grad():
        refined = refine(model, memory, nothing)
    assert torch.equal(refined.tokens, nothing.tokens) and torch.equal(refined.log_probs, nothing.log_probs)


def test_an_image_in_a_batch_reads_as_it_does_alone(model: PARSeq) -> None:
    images = torch.rand(4, 3, 32, 96)
    with torch.no_grad():
        together = decode_one_pass(model, images)
        alone = [decode_one_pass(model, image[None]) for image in images]
    assert torch.equal(together.tokens, torch.cat([one.tokens for one in alone]))
    torch.testing.assert_close(together.log_probs, torch.cat([one.log_probs for one in alone]), atol=1e-5, rtol=1e-4)


def test_positions_and_tokens_have_the_same_order_of_magnitude_from_the_start(model: PARSeq) -> None:
    tokens = model.embedding(torch.arange(1, 3000)[None])
    ratio = model.positions.square().mean().sqrt() / tokens.square().mean().sqrt()
    assert 0.3 < ratio < 3


def _all_logits(head: FactoredHead, features: Tensor) -> dict[str, float]:
    return dict(zip(["<eos>", *_TEXT], head(features)[0, 0].tolist(), strict=True))


_TEXT = "힣aㄱ가! 한"


def test_a_factored_syllable_is_the_sum_of_its_parts_and_a_low_rank_rest_in_any_charset_order() -> None:
    torch.manual_seed(0)
    mixed = small_spec(Charset("mixed", _TEXT)).tokenizer()
    complete = small_spec().tokenizer()
    head, whole = FactoredHead(mixed, 16, 4), FactoredHead(complete, 16, 4)
    for name in ("parts", "rest", "syllables"):
        getattr(whole, name).load_state_dict(getattr(head, name).state_dict())
    features = torch.randn(1, 1, 16)
    with torch.no_grad():
        logits = _all_logits(head, features)
        from_whole = whole(features)[0, 0]
    for syllable in "힣가한":
        assert logits[syllable] == pytest.approx(float(from_whole[complete.encode(syllable)[0]]), abs=1e-5)
    plain = head.plain(features)[0, 0].tolist()
    assert [logits[c] for c in ("<eos>", "a", "ㄱ", "!", " ")] == pytest.approx(plain, abs=1e-6)


def test_syllables_that_share_jamo_share_most_of_their_embedding() -> None:
    torch.manual_seed(0)
    tokenizer = small_spec().tokenizer()
    embedding = FactoredEmbedding(tokenizer, 64, 8)
    han, hal, neoh = embedding(torch.tensor([[tokenizer.encode(c)[0] for c in "한할넣"]]))[0]
    assert (han - hal).norm() < (han - neoh).norm()


@pytest.mark.parametrize("charset", [korean(), ksx1001(), Charset("tiny", "가나다 ab")])
def test_tables_have_the_tokenizers_sizes_for_any_charset_and_head(charset: Charset) -> None:
    for head in ("factored", "dense"):
        model = PARSeq(model_config(head=head), small_spec(charset))
        memory = model.encode(torch.zeros(1, 3, 32, 32))
        tokens = torch.tensor([[model.tokenizer.bos_id, model.tokenizer.pad_id, model.tokenizer.eos_id]])
        logits = model.logits(memory, tokens, torch.zeros(1, 1, 1, 3, dtype=torch.bool), 3)
        assert logits.shape == (1, 3, len(charset) + 1)


def test_a_model_of_another_vocabulary_is_refused_with_both_numbers() -> None:
    model = PARSeq(model_config(head="dense"), small_spec(Charset("hundred", ksx1001().characters[:99])))
    model.tokenizer = small_spec(Charset("labels", ksx1001().characters[:1026])).tokenizer()
    with pytest.raises(MismatchError, match=r"model 'x' has 102 embedding rows, but the tokenizer has 1029"):
        model.check_vocabulary(where="model 'x'")


@pytest.mark.parametrize("num_eos_orders", [0, 1, 2, 9])
def test_the_queries_counted_on_the_host_are_those_with_something_to_predict(num_eos_orders: int) -> None:
    tokenizer = small_spec().tokenizer()
    labels = ["가나다라", "", "가", "나다라"]
    tgt_out = torch.from_numpy(tokenizer.encode_batch(labels))[:, 1:]
    num_orders = 4
    predicts = torch.stack(
        [
            (tgt_out != tokenizer.pad_id) & ((tgt_out != tokenizer.eos_id) | (order < num_eos_orders))
            for order in range(num_orders)
        ],
        dim=1,
    )
    counted = queries_with_targets(
        [len(label) for label in labels], num_orders, tgt_out.shape[1], num_eos_orders, torch.device("cpu")
    )
    assert counted.tolist() == predicts.flatten().nonzero()[:, 0].tolist()


def test_the_loss_is_the_same_whether_the_lengths_are_given_or_asked_for(model: PARSeq) -> None:
    labels = ["가나다", "한", "글자 하나"]
    tgt = torch.from_numpy(model.tokenizer.encode_batch(labels))
    masks = query_masks(torch.from_numpy(sample_orders(5, 3, np.random.default_rng(0))))
    images = torch.randn(3, 3, 32, 96)
    given = model.training_losses(images, tgt, masks, [len(label) for label in labels]).loss
    assert torch.equal(given, model.training_losses(images, tgt, masks).loss)
