"""A rehearsal leaves the run's own model as it was."""

from pathlib import Path

import pytest
import torch

from hunmin.train.prepare import prepare
from hunmin.train.resources.auto_settings import made_up_batch
from hunmin.train.resources.device import Machine
from hunmin.train.resources.trial_steps import rehearse
from hunmin.train.run import build_module
from tests.train.runs import config
from tests.train.test_run import quiet


@pytest.mark.filterwarnings("ignore:.torch.jit.script_method. is deprecated:DeprecationWarning")  # torch, of itself
def test_a_compiled_module_is_not_touched_by_its_rehearsal(tmp_path: Path) -> None:
    module = build_module(prepare(config(tmp_path, "trainer.compile=true"), quiet()))
    assert module.is_compiled
    before = {name: tensor.clone() for name, tensor in module.state_dict().items()}
    with torch.compiler.set_stance("force_eager"):  # the same function, without the minute that compiling takes
        rehearse(module, [made_up_batch(module, 2, 64, 4)] * 2, Machine("cpu", "a CPU", "32", 1, True))
    assert all(parameter.grad is None for parameter in module.parameters())
    assert [name for name, tensor in module.state_dict().items() if not torch.equal(tensor, before[name])] == []
