"""`hunmin info`: what is installed and what this machine has."""

import os
import platform

from hunmin.cli.console import AsJson, print_values
from hunmin.errors import how_to_install
from hunmin.version import __version__

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


def info(as_json: AsJson = False) -> None:
    """Say what is installed, what the machine has, and which model is bundled."""
    cores, python = os.cpu_count(), platform.python_version()
    print_values(
        {
            "hunmin": __version__,
            "machine": f"{platform.system()} {platform.machine()}, {cores} cores{_memory()}, Python {python}",
            "packages": ", ".join(f"{name} {_version(name)}" for name in PACKAGES),
            **_training(),
            "bundled model": _bundled_model(),
        },
        as_json=as_json,
    )


def _memory() -> str:
    if not hasattr(os, "sysconf"):  # Windows
        return ""
    return f", {os.sysconf('SC_PAGE_SIZE') * os.sysconf('SC_PHYS_PAGES') / 2**30:.0f} GiB RAM"


def _version(package: str) -> str:
    from importlib.metadata import PackageNotFoundError, version

    try:
        return version(package)
    except PackageNotFoundError:
        return "(not installed)"


def _training() -> dict[str, str]:
    """What this machine can do for training, and what `auto` would choose."""
    try:
        from hunmin.compose import load_config
        from hunmin.training.config import TrainConfig
        from hunmin.training.resources.device import choose_machine, has_bf16_units, memory_bytes
    except ImportError:
        return {"training": f"needs more packages; {how_to_install('train')}"}
    machine = choose_machine(load_config(TrainConfig, []))
    free, total = memory_bytes(machine.accelerator)
    bf16 = "multiplies bf16 in hardware" if has_bf16_units(machine.accelerator) else "no bf16 units"
    return {
        "accelerator": f"{machine.name}, {bf16}, {total / 2**30:.0f} GiB memory, {free / 2**30:.0f} free"
        + (" (no GPU that torch can use)" if machine.accelerator == "cpu" else ""),
        "training with auto": f"trainer.accelerator={machine.accelerator} trainer.precision={machine.precision} "
        f"trainer.threads={machine.threads}",
    }


def _bundled_model() -> str:
    from hunmin.onnx_model.session import load_engine
    from hunmin.recognize.recognizer import BUNDLED_MODEL

    if not BUNDLED_MODEL.is_file():
        return "none"
    _, spec = load_engine(BUNDLED_MODEL)
    size = BUNDLED_MODEL.stat().st_size / 1e6
    return (
        f"{BUNDLED_MODEL.name}, {size:.1f} MB, charset {spec.charset_name} ({len(spec.characters):,} characters), "
        f"height {spec.height_px} px, up to {spec.max_label_length} characters"
    )
