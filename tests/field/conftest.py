"""The command line as a function, as its own tests have it."""

from tests.cli.conftest import Hunmin, hunmin

__all__ = ["Hunmin", "hunmin"]
