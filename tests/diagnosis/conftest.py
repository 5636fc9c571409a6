from pathlib import Path

import pytest

from tests.diagnosis import healthy


@pytest.fixture(scope="session")
def stores(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder with the sets of the healthy run; faults get folders of their own below it."""
    folder = tmp_path_factory.mktemp("doctor")
    healthy.write_stores(folder)
    return folder
