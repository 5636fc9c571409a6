"""`hunmin info`: what is installed and what this machine has."""

import os
import platform
from importlib.metadata import PackageNotFoundError, version

from hunmin import __version__
from hunmin.cli.output import print_rows

PACKAGES = (
    "numpy",
    "Pillow",
    "opencv-python-headless",
    "onnxruntime",
    "rapidocr",
    "torch",
    "pytorch-lightning",
    "lmdb",
)


def info() -> None:
    """Say what is installed, what the machine has, and which model is bundled."""
    cores, python = os.cpu_count(), platform.python_version()
    print_rows(
        {
            "hunmin": __version__,
            "machine": f"{platform.system()} {platform.machine()}, {cores} cores, Python {python}",
            "packages": ", ".join(f"{name} {_version(name)}" for name in PACKAGES),
            "accelerator": _accelerator(),
            "bundled model": _bundled_model(),
        }
    )


def _version(package: str) -> str:
    try:
        return version(package)
    except PackageNotFoundError:
        return "(not installed)"


def _accelerator() -> str:
    try:
        import torch
    except ImportError:
        return "unknown without torch; pip install 'hunmin[train]'"
    if torch.cuda.is_available():
        bf16 = "bf16" if torch.cuda.is_bf16_supported() else "no bf16"
        memory = torch.cuda.get_device_properties(0).total_memory / 2**30
        return f"{torch.cuda.get_device_name()}, {memory:.0f} GiB, {bf16}"
    return "Apple GPU" if torch.backends.mps.is_available() else "none: training runs on the CPU in fp32"


def _bundled_model() -> str:
    from hunmin.recognize.engine import load_engine
    from hunmin.recognize.recognizer import BUNDLED_MODEL

    if not BUNDLED_MODEL.is_file():
        return "none"
    _, spec = load_engine(BUNDLED_MODEL)
    size = BUNDLED_MODEL.stat().st_size / 1e6
    return (
        f"{BUNDLED_MODEL.name}, {size:.1f} MB, charset {spec.charset_name} ({len(spec.characters):,} characters), "
        f"height {spec.height_px} px, up to {spec.max_label_length} characters"
    )
