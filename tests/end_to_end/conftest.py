"""The command line as a function, as the tests of the commands have it."""

from tests.cli.conftest import hunmin

__all__ = ["hunmin"]
