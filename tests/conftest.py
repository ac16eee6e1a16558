"""Makes the YAML cases fast and small: no build of mypy stays in the tests' processes.

The plain cases of a file are checked by one run of mypy, the first time that one of them is asked
for. A case with settings of its own is a process of its own, with one mypy cache for each
configuration. The caches are new in each session: no test passes because of what an earlier one
left behind.
"""

import functools
import hashlib
import itertools
import os
import shutil
import sys
import tempfile
from collections.abc import Iterable
from pathlib import Path

import cases
import pytest
from pytest_mypy_plugins.item import YamlTestItem
from pytest_mypy_plugins.utils import TypecheckAssertionError

TESTS = Path(__file__).parent
FOLDER = pytest.StashKey[Path]()
NUMBERS = itertools.count(1)


def pytest_configure(config: pytest.Config) -> None:
    """Point the cases at their configuration, the shared project and a folder of this session."""
    config.stash[FOLDER] = Path(tempfile.mkdtemp(prefix="mypy-async-django-"))
    config.option.mypy_testing_base = str(config.stash[FOLDER])
    config.option.mypy_ini_file = str(TESTS / "mypy.ini")
    # The configuration is copied to each case's folder, so "mypy_path" cannot name ours there.
    os.environ["MYPYPATH"] = str(TESTS / "testproject")
    # pytest-mypy-plugins looks for mypy's command on PATH.
    os.environ["PATH"] = os.pathsep.join([str(Path(sys.executable).parent), os.environ["PATH"]])


def pytest_unconfigure(config: pytest.Config) -> None:
    """Remove the folder."""
    shutil.rmtree(config.stash[FOLDER], ignore_errors=True)


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Give plain cases one run for each file, and the others one cache for each configuration."""
    of_yaml = [item for item in items if isinstance(item, YamlTestItem)]
    for path, together in itertools.groupby(of_yaml, lambda item: item.path):
        Batch(config.stash[FOLDER], path).take(together)


class Batch:
    """The cases of one file that are to be run."""

    def __init__(self, folder: Path, path: Path) -> None:
        self._folder = folder
        self._plain = {case.name: case for case in cases.cases(path)[0]}
        self._chosen: list[cases.Case] = []

    def take(self, items: Iterable[YamlTestItem]) -> None:
        """Decide how each of these cases is run."""
        for item in items:
            if item.name in self._plain:
                self._chosen.append(self._plain[item.name])
                item.runtest = functools.partial(self.check, item.name)  # type: ignore[method-assign]
            else:
                settings = hashlib.sha256(item.additional_mypy_config.encode()).hexdigest()[:12]
                item.incremental_cache_dir = str(self._folder / settings)

    def check(self, name: str) -> None:
        """Fail if mypy says anything else of a case than what is expected."""
        failed = self._failed
        if name in failed:
            raise TypecheckAssertionError(failed[name])

    @functools.cached_property
    def _failed(self) -> dict[str, str]:
        """What is wrong with the cases that mypy is wrong about."""
        failed: dict[str, str] = {}
        for group in cases.groups(self._chosen):
            root = self._folder / f"run{next(NUMBERS)}"
            root.mkdir()
            differing, other = cases.run(group, root, f"--cache-dir={self._folder / 'plain'}")
            failed |= {case.name: cases.report(case, found) for case, found in differing.items()}
            if other:
                failed |= {case.name: other for case in group}
        return failed
