"""Figures and pictures for W&B or TensorBoard, beside the files that a run always writes.

Whatever goes wrong with a tracker is printed once, and the run goes on without it.
"""

import os
from collections.abc import Callable, Mapping
from dataclasses import asdict
from pathlib import Path
from typing import Any, Protocol

import pytorch_lightning as pl
from pytorch_lightning.loggers import Logger
from pytorch_lightning.utilities import rank_zero_only
from rich.console import Console

from hunmin.errors import require_extra
from hunmin.training.config import TrainConfig
from hunmin.training.logs.console import print_line

TIMEOUTS_S = {"WANDB_INIT_TIMEOUT": 30.0, "WANDB_FINISH_TIMEOUT": 20.0}
"""How long a run waits for a W&B server at its start and at its end, unless the environment says otherwise. What was not sent by
then lies in the run's folder; `wandb sync` sends it."""


class Tracker(Protocol):
    """Where figures go."""

    def log_scalars(self, values: Mapping[str, float], step: int) -> None:
        """Keep some figures of a step."""

    def log_picture(self, name: str, path: Path, step: int) -> None:
        """Keep a PNG file under a name."""

    def close(self) -> None:
        """Write or send what is left."""


class TrackerLogger(Logger):
    """Lightning's side of a tracker that may fail."""

    def __init__(
        self, name: str, open_tracker: Callable[[], Tracker], failures: tuple[type[Exception], ...], console: Console
    ) -> None:
        """Set up without opening anything yet: only the first process of a run does.

        Args:
            name: what the warning calls the tracker.
            open_tracker: starts it.
            failures: what it raises when it cannot go on.
            console: gets the one warning.
        """
        super().__init__()
        self._name = name
        self._open_tracker = open_tracker
        self._failures = failures
        self._console = console
        self._tracker: Tracker | None = None
        self.has_failed = False

    @property
    def name(self) -> str:
        """Of the tracker."""
        return self._name

    @property
    def version(self) -> str:
        """A tracker counts its own versions."""
        return ""

    @rank_zero_only
    def log_metrics(self, metrics: Mapping[str, float], step: int | None = None) -> None:
        """Hand figures on."""
        values = {name: value for name, value in metrics.items() if name != "epoch"}
        self._attempt(lambda tracker: tracker.log_scalars(values, step or 0))

    @rank_zero_only
    def log_hyperparams(self, params: Any, *args: Any, **kwargs: Any) -> None:
        """The configuration goes to the tracker as it is opened."""

    @rank_zero_only
    def log_picture(self, name: str, path: Path, step: int) -> None:
        """Hand a PNG file on."""
        self._attempt(lambda tracker: tracker.log_picture(name, path, step))

    @rank_zero_only
    def finalize(self, status: str) -> None:
        """Close the tracker."""
        if self._tracker:
            self._attempt(lambda tracker: tracker.close())
            self._tracker = None

    def _attempt(self, act: Callable[[Tracker], None]) -> None:
        if self.has_failed:
            return
        try:
            self._tracker = self._tracker or self._open_tracker()
            act(self._tracker)
        except self._failures as error:
            self.has_failed = True
            reason = " ".join(str(error).split()) or type(error).__name__
            message = (
                f"{self._name} is left out from here on ({reason:.200}); the run goes on, its files have everything"
            )
            print_line(self._console, f"warning: {message}")


def build_tracker(config: TrainConfig, console: Console) -> TrackerLogger | None:
    """The tracker that `logger=` asks for; None for `logger=files`.

    Raises:
        ExtraMissingError: the tracker's extra is not installed.
    """
    out = Path(config.out)
    if config.logger.tracker == "wandb":
        require_extra("wandb", ("wandb",))
        return TrackerLogger("W&B", lambda: _Wandb(config, out), _wandb_failures(), console)
    if config.logger.tracker == "tensorboard":
        require_extra("tensorboard", ("tensorboard",))
        return TrackerLogger("TensorBoard", lambda: _TensorBoard(out), (OSError, RuntimeError), console)
    return None


def show_pictures(trainer: pl.Trainer, pictures: Mapping[str, Path], step: int) -> None:
    """Hand PNG files to the trackers of a run."""
    for logger in trainer.loggers:
        if isinstance(logger, TrackerLogger):
            for name, path in pictures.items():
                logger.log_picture(name, path, step)


def _own_folder(folder: Path) -> None:
    # Asked for a folder that it cannot write, W&B would go to the system's temporary one without a word that reaches anybody.
    folder.mkdir(parents=True, exist_ok=True)
    if not os.access(folder, os.W_OK):
        raise PermissionError(f"{folder} is not writable")


class _Wandb:
    """Weights & Biases; offline unless WANDB_MODE says otherwise."""

    def __init__(self, config: TrainConfig, out: Path) -> None:
        import wandb

        _own_folder(out / "wandb")
        mode: Any = os.environ.get("WANDB_MODE", "offline")
        settings = wandb.Settings(
            silent=True,
            console="off",
            disable_git=True,
            disable_code=True,
            x_disable_meta=True,  # command line and machine are nobody's business but the user's
            init_timeout=_timeout_s("WANDB_INIT_TIMEOUT"),
            finish_timeout=_timeout_s("WANDB_FINISH_TIMEOUT"),
        )
        # Its own run object is used throughout: the global one may belong to who called us.
        self.run = wandb.init(
            project=config.logger.project,
            dir=out,
            mode=mode,
            config=asdict(config),
            settings=settings,
            reinit="create_new",
        )

    def log_scalars(self, values: Mapping[str, float], step: int) -> None:
        self.run.log({**values, "step": step})

    def log_picture(self, name: str, path: Path, step: int) -> None:
        import wandb

        # By its path: W&B then copies the file into the run's folder. Pixels it would write to the temporary folder first.
        self.run.log({name: wandb.Image(str(path)), "step": step})

    def close(self) -> None:
        self.run.finish()


def _timeout_s(variable: str) -> float:
    # Read here and not by W&B, which looks at the environment only once a process.
    return float(os.environ.get(variable, TIMEOUTS_S[variable]))


def _wandb_failures() -> tuple[type[Exception], ...]:
    """What W&B raises when its service, its folder or its server fails; several have no base class in common."""
    from wandb.errors import Error
    from wandb.sdk.lib.service.service_connection import WandbApiFailedError
    from wandb.sdk.mailbox import HandleAbandonedError, MailboxClosedError

    return (Error, WandbApiFailedError, HandleAbandonedError, MailboxClosedError, OSError)


class _TensorBoard:
    """TensorBoard's event files."""

    def __init__(self, out: Path) -> None:
        from torch.utils.tensorboard import SummaryWriter

        _own_folder(out / "tensorboard")
        self.writer = SummaryWriter(str(out / "tensorboard"))

    def log_scalars(self, values: Mapping[str, float], step: int) -> None:
        for name, value in values.items():
            self.writer.add_scalar(name, value, step)

    def log_picture(self, name: str, path: Path, step: int) -> None:
        import numpy as np
        from PIL import Image

        with Image.open(path) as image:
            self.writer.add_image(name, np.asarray(image.convert("RGB")), step, dataformats="HWC")

    def close(self) -> None:
        self.writer.close()
