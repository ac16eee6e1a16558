"""Makes the YAML cases fast: one process, one Django, one mypy cache per configuration.

The first case of a configuration fills its cache (two seconds), every other one takes a tenth of a
second. The cache is new in each session: no test passes because of what an earlier one left behind.
"""

import gc
import hashlib
import importlib
import itertools
import os
import shutil
import sys
import tempfile
from pathlib import Path

import pytest
from mypy_django_plugin.django.context import initialize_django
from pytest_mypy_plugins.item import YamlTestItem

TESTS = Path(__file__).parent
CACHE = pytest.StashKey[Path]()
CASES_RUN = itertools.count(1)


def pytest_configure(config: pytest.Config) -> None:
    """Point the cases at their configuration, the shared project and a cache of this session."""
    config.stash[CACHE] = Path(tempfile.mkdtemp(prefix="mypy-async-django-"))
    config.option.mypy_testing_base = str(config.stash[CACHE])
    config.option.mypy_ini_file = str(TESTS / "mypy.ini")
    # The configuration is copied to each case's folder, so "mypy_path" cannot name ours there.
    os.environ["MYPYPATH"] = str(TESTS / "testproject")
    # pytest-mypy-plugins looks for mypy's command on PATH, though it runs it in this process.
    os.environ["PATH"] = os.pathsep.join([str(Path(sys.executable).parent), os.environ["PATH"]])


def pytest_unconfigure(config: pytest.Config) -> None:
    """Remove the cache."""
    shutil.rmtree(config.stash[CACHE], ignore_errors=True)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Give every configuration a cache of its own: another one would make the cache stale."""
    cases = [item for item in items if isinstance(item, YamlTestItem)]
    for case in cases:
        configuration = hashlib.sha256(case.additional_mypy_config.encode()).hexdigest()[:12]
        case.incremental_cache_dir = str(Path(case.root_directory) / configuration)
    if cases:
        load_once()


def pytest_runtest_teardown(item: pytest.Item) -> None:
    """Free what mypy built, now and then: it tells Python to hardly ever look for garbage.

    All of it is young: what was there before the cases need not be looked through.
    """
    if isinstance(item, YamlTestItem) and next(CASES_RUN) % 20 == 0:
        gc.collect(0)


def load_once() -> None:
    """Import what mypy's plugins import, and set Django up.

    Each case forgets the modules imported while it ran. What is here before stays, and with it
    Django's registry of models.
    """
    for module in ("hypothesis.internal.conjecture.utils", "mypy_django_plugin.main"):
        importlib.import_module(module)
    importlib.import_module("mypy_async_django")
    initialize_django("testproject.settings")
