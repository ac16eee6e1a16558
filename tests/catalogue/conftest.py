"""Django on real databases, filled anew for every test; nothing of it is mocked."""

import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parent))

import databases
import world as world_module


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Say which database was wanted and left out."""
    for kind in databases.KINDS:
        if why := databases.missing(kind):
            terminalreporter.write_line(f"{kind} was left out: {why}", yellow=True)


@pytest.fixture(scope="session", params=databases.KINDS)
def source(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[databases.Source]:
    """A database with rows in it, of which each test uses up a copy."""
    if why := databases.missing(request.param):
        pytest.skip(why)
    folder = tmp_path_factory.mktemp(request.param)
    with databases.KINDS[request.param](folder) as source:
        world_module.fill(source.settings, media=folder / "media")
        yield source


@pytest.fixture
def world(source: databases.Source, tmp_path: Path) -> Iterator[world_module.World]:
    """The rows of a fresh copy of the database, loaded before any event loop runs."""
    with (
        source.copy() as settings,
        world_module.using(settings, media=tmp_path / "media") as world,
    ):
        yield world
