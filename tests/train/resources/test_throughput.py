"""What a step costs is counted, and the count grows with width and length as the step does."""

import copy

import pytest
import torch
from torch.nn.attention import SDPBackend, sdpa_kernel
from torch.utils.flop_counter import FlopCounterMode

from hunmin.model.parseq import PARSeq
from hunmin.model.permutations import query_masks
from hunmin.train.resources.throughput import count_step, peak_flops
from tests.model.shapes import model_config, small_spec


@pytest.mark.parametrize("encoder", ["hybrid", "vit"])
def test_the_arithmetic_of_any_shape_follows_from_six(encoder: str) -> None:
    model = PARSeq(model_config(encoder), small_spec())
    cost = count_step(model, num_orders=3)
    for num_lines, width, length in ((2, 160, 7), (3, 224, 13)):
        images = torch.randn(num_lines, 3, 32, width)
        tgt = torch.from_numpy(model.tokenizer.encode_batch(["가" * length] * num_lines))
        masks = query_masks(torch.arange(length + 2).repeat(3, 1))
        # The counter does not know the CPU's fused attention.
        with sdpa_kernel(SDPBackend.MATH), FlopCounterMode(display=False) as counter:
            columns = torch.zeros(num_lines, length)
            copy.deepcopy(model).training_losses(images, tgt, masks, columns=columns).loss.backward()
        assert cost.flops(num_lines, width, length) == pytest.approx(counter.get_total_flops(), rel=1e-3)


def test_the_peak_is_a_number_of_this_century() -> None:
    assert 1e8 < peak_flops(torch.device("cpu"), torch.float32) < 1e14
