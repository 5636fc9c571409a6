"""The page of all configuration keys is what the dataclasses and the YAML say."""

import runpy
from pathlib import Path

SCRIPT = runpy.run_path(str(Path(__file__).parents[2] / "docs" / "configuration_page.py"))


def test_the_page_has_every_key_with_its_default_and_meaning() -> None:
    assert SCRIPT["PAGE"].read_text("utf-8") == SCRIPT["page"](), "run: python docs/configuration_page.py"
