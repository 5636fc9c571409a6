"""The encoders' contract, and that they look where they should."""

import json

import pytest
import torch

from hunmin.errors import InputError
from hunmin.model.config import DecoderConfig, EncoderConfig, HeadConfig, ModelConfig, Stage
from hunmin.model.encoder import ENCODERS, ConvStage, Encoder, attend, sinusoids
from hunmin.model.parseq import PARSeq
from hunmin.spec import RecognizerSpec
from tests.model import shapes
from tests.model.shapes import model_config


@pytest.fixture(params=["hybrid", "vit"])
def encoder(request: pytest.FixtureRequest) -> Encoder:
    torch.manual_seed(0)
    return ENCODERS[request.param](shapes.ENCODERS[request.param], 32, 256, 0.0).eval()


@pytest.mark.parametrize("width_px", [32, 96, 256])
def test_the_grid_says_how_long_the_memory_is(encoder: Encoder, width_px: int) -> None:
    rows, columns = encoder.grid(32, width_px)
    assert (rows, columns) == (32 // encoder.strides[0], width_px // encoder.strides[1])
    memory = encoder(torch.rand(1, 3, 32, width_px))
    assert memory.shape == (1, rows * columns, 64)


@pytest.mark.parametrize(("stride", "kernel"), [(2, None), (2, 5), (3, None), (3, 3), (3, 5), (4, None), (4, 7)])
def test_a_stage_divides_the_picture_whatever_its_kernel_sees(stride: int, kernel: int | None) -> None:
    features = ConvStage(3, Stage(8, stride, stride, kernel=kernel))(torch.rand(1, 3, 48, 144))
    assert features.shape == (1, 8, 48 // stride, 144 // stride)


def test_memory_is_laid_out_row_by_row(encoder: Encoder) -> None:
    encoder.blocks = torch.nn.ModuleList()  # without attention every element knows its surroundings only
    blank = torch.zeros(1, 3, 32, 256)
    marked = blank.clone()
    marked[:, :, :, 200:208] = 1.0
    grid = encoder.grid(32, 256)
    changed = (encoder(marked) - encoder(blank)).abs().sum(dim=2).unflatten(1, grid)[0] > 1e-6
    columns = changed.any(dim=0).nonzero().flatten() * encoder.strides[1]
    assert changed.any(dim=1).all()
    assert len(columns)
    assert 180 <= int(columns.min()) <= 200 <= int(columns.max()) <= 224


def test_every_place_of_the_image_reaches_the_memory(encoder: Encoder) -> None:
    image = torch.rand(1, 3, 32, 64, requires_grad=True)
    encoder(image).square().sum().backward()
    assert image.grad is not None
    assert (image.grad.abs().sum(dim=1) > 0).all()


def test_a_place_has_the_same_memory_whatever_the_width_of_the_image(encoder: Encoder) -> None:
    encoder.blocks = torch.nn.ModuleList()
    wide = torch.rand(1, 3, 32, 256)
    narrow = wide[..., :96]
    seen, cut = (encoder(image).unflatten(1, encoder.grid(32, image.shape[3])) for image in (wide, narrow))
    # At the right edge of the narrow image a convolution sees padding.
    num_columns = cut.shape[2] - 3
    torch.testing.assert_close(cut[:, :, :num_columns], seen[:, :, :num_columns])


def test_the_same_ink_at_another_place_gives_another_memory(encoder: Encoder) -> None:
    left, right = torch.zeros(1, 3, 32, 64), torch.zeros(1, 3, 32, 64)
    left[..., 8:16] = right[..., 40:48] = 1.0
    moved = encoder(left).sum(dim=1) - encoder(right).sum(dim=1)
    assert moved.abs().max() > 1e-4


@pytest.mark.parametrize(("length", "width"), [(1, 8), (65, 64), (10, 9)])
def test_sinusoids_are_distinct_positions_of_known_magnitude(length: int, width: int) -> None:
    table = sinusoids(length, width)
    assert table.shape == (length, width)
    assert len({tuple(row) for row in table.tolist()}) == length
    assert table.square().mean().sqrt() == pytest.approx(0.71, abs=0.05)


@pytest.mark.parametrize(("height_px", "width_step_px"), [(48, 32), (24, 32), (32, 2)])
def test_a_crop_that_the_strides_do_not_divide_is_refused_before_any_of_it_is_lost(
    height_px: int, width_step_px: int
) -> None:
    config = ModelConfig(
        "coarse",
        EncoderConfig("vit", width=32, depth=1, num_heads=2, patch_height_px=32, patch_width_px=4),
        DecoderConfig(2),
        HeadConfig("factored", 4),
    )
    spec = RecognizerSpec("few", "가나", height_px, width_step_px, max_width_px=64)
    with pytest.raises(InputError, match=rf"'coarse' divides crops by 32x4, but crops are {height_px} px high"):
        PARSeq(config, spec)


@pytest.mark.parametrize("encoder", ["hybrid", "vit"])
@pytest.mark.parametrize("head", ["factored", "dense"])
def test_a_model_config_survives_the_way_through_json(encoder: str, head: str) -> None:
    config = model_config(encoder, head)
    assert ModelConfig.from_json(config.to_json(), where="model.safetensors") == config


def test_a_key_that_came_later_takes_its_default() -> None:
    values = json.loads(model_config().to_json())
    del values["num_refinements"], values["encoder"]["mlp_ratio"]
    config = ModelConfig.from_json(json.dumps(values), where="old.safetensors")
    assert (config.num_refinements, config.encoder.mlp_ratio) == (1, 4.0)


@pytest.mark.parametrize(
    ("path", "value", "message"),
    [
        (["encoder", "kind"], "os.system", "encoder.kind"),
        (["encoder", "width"], "64", "encoder.width"),
        (["encoder", "width"], 10**9, "encoder.width"),
        (["encoder", "width"], 65, "multiple of 2"),
        (["encoder", "num_heads"], 3, "does not divide"),
        (["encoder", "num_heads"], 0, "encoder.num_heads"),
        (["encoder", "depth"], 10**12, "encoder.depth"),
        (["encoder", "stem"], [], "stem is empty"),
        (["encoder", "stem", 0, "stride_rows"], 0, "encoder.stem.0.stride_rows"),
        (["encoder", "stem", 0, "kernel"], 4, "kernel=4 must be odd"),
        (["encoder", "stem", 0, "kernel"], 1, "at least its stride, 2"),
        (["encoder", "stem", 0, "evil"], 0, "keys that this hunmin does not know"),
        (["decoder"], None, "decoder"),
        (["head", "kind"], "sparse", "head.kind"),
        (["dropout"], 2, "dropout"),
        (["dropout"], float("nan"), "dropout"),
        (["num_refinements"], 10**9, "num_refinements"),
        (["_target_"], "os.system", "keys that this hunmin does not know"),
    ],
)
def test_a_model_config_with_impossible_values_is_refused_with_file_and_key(
    path: list[str | int], value: object, message: str
) -> None:
    values = json.loads(model_config().to_json())
    inner = values
    for key in path[:-1]:
        inner = inner[key]
    inner[path[-1]] = value
    with pytest.raises(InputError, match=rf"^model\.safetensors: .*{message}"):
        ModelConfig.from_json(json.dumps(values), where="model.safetensors")


@pytest.mark.parametrize("text", ["", "{", "[]", "null", "[" * 100_000, "1" * 5000])
def test_what_is_no_model_config_at_all_is_refused_in_one_line(text: str) -> None:
    with pytest.raises(InputError, match=r"^model\.safetensors: its model config") as refusal:
        ModelConfig.from_json(text, where="model.safetensors")
    assert len(str(refusal.value).splitlines()) == 1


@pytest.mark.parametrize("is_masked", [True, False])
def test_attention_learns_the_same_in_16_bits_as_in_32(is_masked: bool) -> None:
    torch.manual_seed(0)
    hidden = torch.ones(5, 7).triu(1).bool() if is_masked else None
    given = [torch.randn(2, 3, length, 8) for length in (5, 7, 7)]
    outcomes = []
    for dtype in (torch.float32, torch.bfloat16):
        inputs = [one.to(dtype, copy=True).requires_grad_() for one in given]
        with torch.autocast("cpu", enabled=dtype == torch.bfloat16):
            attended = attend(*inputs, hidden)
        attended.square().sum().backward()
        outcomes.append([attended, *(one.grad for one in inputs)])
    for exact, rounded in zip(*outcomes, strict=True):
        assert rounded.dtype == torch.bfloat16
        torch.testing.assert_close(rounded.float(), exact, rtol=0.05, atol=0.1)
