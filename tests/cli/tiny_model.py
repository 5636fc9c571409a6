"""A model that reads nonsense, but another nonsense for every picture, as a checkpoint and as ONNX."""

from dataclasses import dataclass
from functools import cache
from pathlib import Path

import torch

from hunmin.model.checkpoint import load_model, save_model
from hunmin.model.export import export_onnx
from hunmin.model.parseq import PARSeq
from hunmin.text.charset import ksx1001
from tests.model.shapes import model_config, small_spec


@dataclass(frozen=True)
class TinyModel:
    """The same weights in both forms."""

    checkpoint: Path
    onnx: Path


@cache
def tiny_model(folder: Path) -> TinyModel:
    """Make both files in `folder`; an export takes ten seconds, so all tests of a session share one."""
    torch.manual_seed(0)
    model = PARSeq(model_config(), small_spec(ksx1001())).eval()
    # Fresh weights say nearly the same of every picture, and nothing with confidence; larger ones do not.
    with torch.no_grad():
        for name, weights in model.named_parameters():
            if name.startswith(("head.parts", "head.plain")):
                weights.mul_(40)
            elif weights.ndim > 1 and not name.startswith(("head", "embedding")):
                weights.mul_(2)
    folder.mkdir(exist_ok=True)
    made = TinyModel(folder / "model.safetensors", folder / "model.onnx")
    save_model(model, made.checkpoint)
    export_onnx(load_model(made.checkpoint), made.onnx)
    return made
