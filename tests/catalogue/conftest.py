"""Django on a database file, filled anew for every test; nothing of it is mocked."""

import shutil
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parent))

import world as world_module


@pytest.fixture(scope="session")
def filled_database(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A database with rows in it, which tests copy."""
    path = tmp_path_factory.mktemp("catalogue") / "filled.sqlite3"
    world_module.fill(path)
    return path


@pytest.fixture
def world(filled_database: Path, tmp_path: Path) -> Iterator[world_module.World]:
    """The rows of a fresh copy of the database, loaded before any event loop runs."""
    path = tmp_path / "copy.sqlite3"
    shutil.copy(filled_database, path)
    with world_module.using(path, media=tmp_path / "media") as world:
        yield world
