"""Models on disk: what is saved comes back, and what is something else is refused by name."""

from dataclasses import replace
from pathlib import Path

import pytest
import torch
from safetensors import safe_open
from safetensors.torch import save_file

from hunmin.errors import InputError, MismatchError
from hunmin.model.checkpoint import (
    MODEL_KEY,
    SPEC_KEY,
    average_models,
    load_model,
    load_weights,
    read_training_state,
    save_model,
)
from hunmin.model.decode import decode_one_pass
from hunmin.model.export import export_onnx
from hunmin.model.parseq import PARSeq
from hunmin.text.charset import Charset, korean
from tests.model.shapes import model_config, small_spec

FEW = Charset("few", "가나다라 abc")


def small_model(encoder: str = "hybrid", head: str = "factored", charset: Charset = FEW) -> PARSeq:
    torch.manual_seed(0)
    return PARSeq(model_config(encoder, head), small_spec(charset)).eval()


def write_training_state(model: PARSeq, path: Path, **more: object) -> None:
    weights = {f"model.{name}": tensor for name, tensor in model.state_dict().items()}
    state = {"state_dict": weights, SPEC_KEY: model.spec.to_json(), MODEL_KEY: model.config.to_json(), "global_step": 7}
    torch.save(state | more, path)


@pytest.mark.parametrize("encoder", ["hybrid", "vit"])
@pytest.mark.parametrize("head", ["factored", "dense"])
def test_a_saved_model_comes_back_nearly_the_same_and_bit_identical_from_then_on(
    encoder: str, head: str, tmp_path: Path
) -> None:
    model = small_model(encoder, head)
    save_model(model, tmp_path / "model.safetensors")
    loaded = load_model(tmp_path / "model.safetensors")
    assert (loaded.spec, loaded.config, loaded.training) == (model.spec, model.config, False)
    for name, tensor in model.state_dict().items():
        torch.testing.assert_close(loaded.state_dict()[name], tensor, rtol=2**-11, atol=1e-7)
    save_model(loaded, tmp_path / "model.safetensors")
    again = load_model(tmp_path / "model.safetensors")
    images = torch.rand(2, 3, 32, 64)
    with torch.no_grad():
        pairs = zip(decode_one_pass(again, images), decode_one_pass(loaded, images), strict=True)
        assert all(torch.equal(one, other) for one, other in pairs)
    assert [path.name for path in tmp_path.iterdir()] == ["model.safetensors"]


def test_matrices_are_stored_in_16_bits_unless_those_do_not_reach_far_enough(tmp_path: Path) -> None:
    model = small_model()
    with torch.no_grad():
        model.positions[0, 0] = 1e5
    save_model(model, tmp_path / "model.safetensors")
    with safe_open(tmp_path / "model.safetensors", framework="pt") as file:
        dtypes = {name: file.get_tensor(name).dtype for name in file.keys()}
    assert dtypes["head.syllables.weight"] == dtypes["encoder.proj.weight"] == torch.float16
    assert dtypes["positions"] == dtypes["head.syllables.bias"] == torch.float32
    assert load_model(tmp_path / "model.safetensors").positions[0, 0] == 1e5


def test_the_mean_of_models_weighs_one_that_is_named_twice_twice(tmp_path: Path) -> None:
    one, other = small_model(), small_model()
    with torch.no_grad():
        for tensor in (*other.parameters(), other.encoder.stem[0].down[1].running_mean):
            tensor.add_(0.25)
    for model, name in ((one, "one"), (other, "other")):
        write_training_state(model, tmp_path / f"{name}.ckpt")
    mean = average_models([tmp_path / f"{name}.ckpt" for name in ("one", "other", "other")])
    assert not mean.training
    states = zip(mean.state_dict().items(), one.state_dict().values(), other.state_dict().values(), strict=True)
    for (name, tensor), first, second in states:
        expected = (first + 2 * second) / 3 if first.is_floating_point() else first
        torch.testing.assert_close(tensor, expected, msg=name)


def test_models_that_have_no_mean_are_refused_by_name(tmp_path: Path) -> None:
    for name, model in (("few", small_model()), ("vit", small_model("vit")), ("more", small_model(charset=korean()))):
        save_model(model, tmp_path / name)
    few = tmp_path / "few"
    with pytest.raises(
        MismatchError, match=r"vit: is model 'test-vit' with 8 characters, .*few is model 'test-hybrid' with 8"
    ):
        average_models([few, tmp_path / "vit"])
    with pytest.raises(MismatchError, match=r"more: is model 'test-hybrid' with 11,547 characters"):
        average_models([few, tmp_path / "more"])
    with pytest.raises(InputError, match="takes two models or more, not 1"):
        average_models([few])
    for name, values in (("longer", {"max_label_length": 20}), ("darker", {"mean": 0.2})):
        save_model(PARSeq(model_config(), replace(small_spec(FEW), **values)), tmp_path / name)
        with pytest.raises(MismatchError, match="average models of one architecture, charset and image format"):
            average_models([few, tmp_path / name])


def test_the_confidence_of_a_mean_is_not_calibrated(tmp_path: Path) -> None:
    model = PARSeq(model_config(), replace(small_spec(FEW), confidence_exponent=0.7))
    save_model(model, tmp_path / "one")
    assert average_models([tmp_path / "one"] * 2).spec == small_spec(FEW)


def test_a_checkpoint_of_a_run_gives_the_same_model_and_leaves_the_rest_of_the_run_alone(tmp_path: Path) -> None:
    model = small_model()
    extra = {"column_head.linear.weight": torch.zeros(1)}
    weights = {f"model.{name}": tensor for name, tensor in model.state_dict().items()} | extra
    write_training_state(model, tmp_path / "last.ckpt", state_dict=weights, loops={"fit": [1, None, 0.5]})
    loaded = load_model(tmp_path / "last.ckpt")
    for name, tensor in model.state_dict().items():
        assert torch.equal(loaded.state_dict()[name], tensor)
    assert read_training_state(tmp_path / "last.ckpt")["global_step"] == 7


def test_the_same_model_is_saved_as_the_same_bytes(tmp_path: Path) -> None:
    model = PARSeq(model_config(head="dense"), small_spec(Charset("few", "가나")))
    files = [tmp_path / f"{number}.safetensors" for number in range(6)]
    for path in files:
        save_model(model, path)
    assert len({path.read_bytes() for path in files}) == 1


def test_a_model_that_cannot_be_written_leaves_nothing_and_names_the_place(tmp_path: Path) -> None:
    (tmp_path / "taken.safetensors").mkdir()
    for path in (tmp_path / "no_such_folder" / "model.safetensors", tmp_path / "taken.safetensors"):
        with pytest.raises(InputError, match="cannot be written") as refusal:
            save_model(small_model(), path)
        assert str(path) in str(refusal.value)
    assert [path.name for path in tmp_path.iterdir()] == ["taken.safetensors"]


def test_a_truncated_a_foreign_and_a_renamed_file_are_each_refused_by_name(tmp_path: Path) -> None:
    model = small_model()
    save_model(model, tmp_path / "whole.safetensors")
    write_training_state(model, tmp_path / "whole.ckpt")
    safe, state = ((tmp_path / f"whole.{kind}").read_bytes() for kind in ("safetensors", "ckpt"))
    for name, content in {
        "truncated.safetensors": safe[: len(safe) // 2],
        "header_only.safetensors": safe[:100],
        "truncated.ckpt": state[: len(state) // 2],
        "no_end.ckpt": state[:-1],
        "empty.safetensors": b"",
        "empty.ckpt": b"",
        "text.safetensors": "한글".encode(),
        "text.ckpt": "한글".encode(),
        "renamed.ckpt": safe,
        "renamed.safetensors": state,
    }.items():
        path = tmp_path / name
        path.write_bytes(content)
        with pytest.raises(InputError) as refusal:
            load_model(path)
        assert str(path) in str(refusal.value)
        assert len(str(refusal.value).splitlines()) == 1
    with pytest.raises(InputError, match="no such file"):
        load_model(tmp_path / "none.safetensors")


def test_a_single_flipped_bit_in_a_checkpoint_of_a_run_is_noticed(tmp_path: Path) -> None:
    path = tmp_path / "last.ckpt"
    write_training_state(small_model(), path)
    content = bytearray(path.read_bytes())
    content[len(content) // 2] ^= 1
    path.write_bytes(content)
    with pytest.raises(InputError, match=r"last\.ckpt: is damaged"):
        load_model(path)


def test_files_without_a_hunmin_model_inside_are_refused_by_name(tmp_path: Path) -> None:
    model = small_model()
    save_file({"weight": torch.zeros(3)}, tmp_path / "foreign.safetensors")
    save_file({"weight": torch.zeros(3)}, tmp_path / "format.safetensors", {"format": "pt"})
    torch.save({"state_dict": {}}, tmp_path / "foreign.ckpt")
    torch.save([1, 2], tmp_path / "list.ckpt")
    torch.save(torch.zeros(3), tmp_path / "tensor.ckpt")
    write_training_state(model, tmp_path / "spec_of_another_type.ckpt", **{SPEC_KEY: 3})
    write_training_state(model, tmp_path / "no_weights.ckpt", state_dict=[1])
    write_training_state(model, tmp_path / "odd_weights.ckpt", state_dict={3: 4, "model.head.weight": "text"})
    for path in sorted(tmp_path.iterdir()):
        with pytest.raises(InputError) as refusal:
            load_model(path)
        assert str(path) in str(refusal.value)


def test_on_loading_a_head_for_another_vocabulary_is_refused_with_both_numbers_and_where_they_came_from() -> None:
    model = small_model(head="dense", charset=Charset("labels", korean().characters[:1024]))
    weights = small_model(head="dense", charset=Charset("hundred", korean().characters[:97])).state_dict()
    with pytest.raises(MismatchError) as refusal:
        load_weights(model, weights, where="last.ckpt")
    assert "last.ckpt has 100 embedding rows, but the tokenizer has 1027 (charset 'labels', 1024 characters)" in str(
        refusal.value
    )


def test_on_construction_a_table_for_another_vocabulary_is_refused() -> None:
    class Swapped(PARSeq):
        def check_vocabulary(self, *, where: str) -> None:
            self.tokenizer = small_spec(korean()).tokenizer()
            super().check_vocabulary(where=where)

    with pytest.raises(MismatchError, match="model 'test-hybrid' has 11 embedding rows, but the tokenizer has 11550"):
        Swapped(model_config(), small_spec(FEW))


def test_on_export_a_model_of_another_vocabulary_is_refused_before_anything_is_written(tmp_path: Path) -> None:
    model = small_model(head="dense")
    model.tokenizer = small_spec(korean()).tokenizer()
    with pytest.raises(MismatchError, match=r"exported to .*model\.onnx has 11 embedding rows, .* has 11550"):
        export_onnx(model, tmp_path / "model.onnx")
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize("head", ["factored", "dense"])
def test_missing_unknown_and_misshapen_weights_are_each_named(head: str) -> None:
    model = small_model(head=head)
    weights = model.state_dict()
    name = "decoder.self_attn.q.weight"
    for changed, message in (
        ({key: value for key, value in weights.items() if key != name}, f"{name} is missing"),
        (weights | {"decoder.extra": torch.zeros(1)}, "decoder.extra is unknown"),
        (weights | {name: torch.zeros(3, 3)}, rf"{name} is \(3, 3\), not \(64, 64\)"),
        (weights | {"positions": torch.tensor(1.0)}, r"positions is \(\), not"),
        ({}, "and [0-9]+ more"),
    ):
        with pytest.raises(MismatchError, match=f"^last.ckpt: .*{message}"):
            load_weights(small_model(head=head), changed, where="last.ckpt")


def test_a_dense_table_that_is_no_table_is_refused_too() -> None:
    model = small_model(head="dense")
    weights = model.state_dict() | {"head.weight": torch.tensor(0.0), "embedding.weight": torch.tensor(0.0)}
    with pytest.raises(MismatchError, match=r"embedding\.weight is \(\), not \(11, 64\)"):
        load_weights(model, weights, where="last.ckpt")


def test_a_spec_beside_weights_of_another_length_is_refused(tmp_path: Path) -> None:
    model = small_model()
    longer = replace(model.spec, max_label_length=99)
    write_training_state(model, tmp_path / "last.ckpt", **{SPEC_KEY: longer.to_json()})
    with pytest.raises(MismatchError, match=r"positions is \(17, 64\), not \(100, 64\)"):
        load_model(tmp_path / "last.ckpt")
