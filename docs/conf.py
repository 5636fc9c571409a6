"""Sphinx configuration. The command line's reference is written from the commands themselves before each build."""

import subprocess
import sys
from pathlib import Path

import hunmin

DOCS = Path(__file__).parent

project = "hunmin"
copyright = "the hunmin contributors"
version = release = hunmin.__version__

extensions = ["myst_parser", "sphinx.ext.autodoc", "sphinx.ext.napoleon"]
exclude_patterns = ["_build"]
html_theme = "furo"
html_title = f"hunmin {release}"

myst_enable_extensions = ["colon_fence"]
myst_heading_anchors = 3

autodoc_member_order = "bysource"
autodoc_typehints = "description"
napoleon_numpy_docstring = False


def write_cli_reference() -> None:
    """Let typer write down every command and option, so that the page cannot fall behind."""
    command = [sys.executable, "-m", "typer", "hunmin.cli.app", "utils", "docs", "--name", "hunmin"]
    done = subprocess.run(command, check=True, capture_output=True, text=True)
    (DOCS / "reference" / "cli.md").write_text(done.stdout, encoding="utf-8")


write_cli_reference()
