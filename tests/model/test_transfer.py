"""A model that starts from another one reads what both know as before."""

from dataclasses import replace
from pathlib import Path

import pytest
import torch

from hunmin.errors import InputError
from hunmin.model.checkpoint import load_model, save_model
from hunmin.model.parseq import PARSeq
from hunmin.model.transfer import transfer_weights
from hunmin.text.charset import Charset, korean
from tests.model.shapes import model_config, small_spec

# 1,027 characters as a data set has them: some syllables, in no order, and signs.
FROM_DATA = Charset("data", korean().characters[::-11][:1027])


@pytest.fixture(scope="module", params=["factored", "dense"])
def whole(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> tuple[PARSeq, Path]:
    """A model of the whole charset, its weights far from where they start."""
    torch.manual_seed(1)
    model = PARSeq(model_config(head=request.param), small_spec(korean(), max_label_length=12)).eval()
    with torch.no_grad():
        for parameter in model.parameters():
            parameter.add_(torch.randn_like(parameter) * 0.05)
        for table in model.embedding.modules():
            if isinstance(table, torch.nn.Embedding) and table.padding_idx is not None:
                table.weight[table.padding_idx] = 0  # as in training, which never changes them
    path = tmp_path_factory.mktemp("whole") / "model.safetensors"
    save_model(model, path)
    return load_model(path), path


def one_pass_logits(model: PARSeq, images: torch.Tensor) -> torch.Tensor:
    """Of every position from `<bos>` alone."""
    bos = torch.full((len(images), 1), model.tokenizer.bos_id)
    nothing_hidden = torch.zeros(1, 1, 1, 1, dtype=torch.bool)
    return model.logits(model.encode(images), bos, nothing_hidden, model.spec.max_label_length + 1)


@pytest.mark.parametrize("head", ["factored", "dense"])
def test_a_charset_from_data_reads_what_both_know_as_before_the_first_step(
    head: str, whole: tuple[PARSeq, Path]
) -> None:
    other, path = whole
    if (other.config.head.kind, head) == ("dense", "factored"):
        pytest.skip("a dense head has no jamo to take over")
    assert len(FROM_DATA.characters) == 1027
    model = PARSeq(model_config(head=head), small_spec(FROM_DATA, max_label_length=12)).eval()
    transferred = transfer_weights(model, path)
    images = torch.randn(2, 3, 32, 64)
    with torch.no_grad():
        before, now = (one_pass_logits(one, images) for one in (other, model))
    known = [0, *(other.tokenizer.encode(character)[0] for character in FROM_DATA.characters)]
    torch.testing.assert_close(now, before[:, :, known], rtol=1e-4, atol=1e-4)
    assert (transferred.num_characters, transferred.new_characters) == (1027, "")
    tokens = torch.tensor([[model.tokenizer.bos_id, *model.tokenizer.encode(FROM_DATA.characters[5])]])
    theirs = torch.tensor([[other.tokenizer.bos_id, *other.tokenizer.encode(FROM_DATA.characters[5])]])
    torch.testing.assert_close(model.embedding(tokens), other.embedding(theirs))


def test_characters_that_only_the_new_model_knows_are_counted_and_named(tmp_path: Path) -> None:
    few, more = (
        small_spec(Charset("x", text), max_label_length=length) for text, length in (("가나 a", 5), ("b나가각 z", 9))
    )
    save_model(PARSeq(model_config(head="dense"), few), tmp_path / "few.safetensors")
    model = PARSeq(model_config(head="dense"), more)
    transferred = transfer_weights(model, tmp_path / "few.safetensors")
    assert (transferred.num_characters, transferred.new_characters) == (3, "b각z")
    assert (transferred.num_positions, transferred.new_positions) == (5, 4)
    assert transferred.summary().endswith("; 3 characters (new: b각z); 5 positions (new: 4)")


def test_a_new_character_keeps_its_own_row_and_a_known_one_moves(tmp_path: Path) -> None:
    old = PARSeq(model_config(head="factored"), small_spec(Charset("x", "ab가")))
    save_model(old, tmp_path / "old.safetensors")
    old = load_model(tmp_path / "old.safetensors")
    model = PARSeq(model_config(head="factored"), small_spec(Charset("y", "cb가나")))
    fresh = {name: tensor.clone() for name, tensor in model.state_dict().items()}
    transfer_weights(model, tmp_path / "old.safetensors")
    assert isinstance(old.head.plain, torch.nn.Linear)
    # Rows: <eos>, a, b and <eos>, c, b.
    torch.testing.assert_close(model.state_dict()["head.plain.weight"][[0, 2]], old.head.plain.weight.detach()[[0, 2]])
    torch.testing.assert_close(model.state_dict()["head.plain.weight"][1], fresh["head.plain.weight"][1])
    torch.testing.assert_close(model.state_dict()["embedding.cho.weight"], old.state_dict()["embedding.cho.weight"])


def test_columns_of_a_vit_that_both_have_keep_their_positions(tmp_path: Path) -> None:
    old = PARSeq(model_config("vit"), small_spec())
    save_model(old, tmp_path / "old.safetensors")
    old = load_model(tmp_path / "old.safetensors")
    wide = PARSeq(model_config("vit"), replace(small_spec(), max_width_px=2 * old.spec.max_width_px)).eval()
    transfer_weights(wide, tmp_path / "old.safetensors")
    images = torch.randn(1, 3, 32, 64)
    torch.testing.assert_close(wide.encoder(images), old.encoder(images))


@pytest.mark.parametrize("kind", ["hybrid", "vit"])
def test_a_deeper_model_reads_as_before_the_first_step_and_learns_in_every_new_block(kind: str, tmp_path: Path) -> None:
    config, path = model_config(kind), tmp_path / "shallow.safetensors"
    save_model(PARSeq(config, small_spec()), path)
    encoder = replace(
        config.encoder,
        depth=config.encoder.depth + 2,
        stem=tuple(replace(stage, num_blocks=stage.num_blocks + 1) for stage in config.encoder.stem),
    )
    deeper = PARSeq(replace(config, encoder=encoder), small_spec()).eval()
    transferred = transfer_weights(deeper, path)
    images = torch.randn(1, 3, 32, 64)
    torch.testing.assert_close(deeper.encoder(images), load_model(path).encoder(images))
    deeper.train().encoder(images).square().sum().backward()
    ends = [
        name for name in transferred.new_tensors if name.endswith((".attn.proj.weight", ".fc2.weight", ".1.weight"))
    ]
    assert len(ends) == 4 + len(encoder.stem)
    gradients = dict(deeper.named_parameters())
    assert all(gradients[name].grad is not None and gradients[name].grad.abs().max() > 0 for name in ends)


def test_a_model_of_another_width_is_refused_by_name(tmp_path: Path) -> None:
    narrow = replace(model_config(), encoder=replace(model_config().encoder, width=32))
    save_model(PARSeq(narrow, small_spec()), tmp_path / "other.safetensors")
    with pytest.raises(InputError, match=r"other\.safetensors: model .* has another width or encoder than model"):
        transfer_weights(PARSeq(model_config(), small_spec()), tmp_path / "other.safetensors")
