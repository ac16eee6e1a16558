"""Calls into an installed package: what its functions query, in each version that is installed."""

import subprocess
import sys
import venv
from pathlib import Path
from typing import Final

import django
import pytest

NEWEST: Final = """
from django.contrib.auth.models import User


def newest():
    return User.objects.order_by("-pk").first()


def maybe(fetch: bool = False):
    return User.objects.first() if fetch else None


def lazy():
    return User.objects.all()


def slow():
    import time
    time.sleep(1)
"""
VIEWS: Final = """
from shelf.rows import lazy, maybe, newest, slow


def latest() -> object:
    return newest()


async def view(flag: bool) -> None:
    newest()
    latest()
    maybe()
    maybe(True)
    maybe(flag)
    lazy()
    slow()
"""
FOLLOWED: Final = ["views.py:10", "views.py:11", "views.py:13"]


@pytest.fixture
def project(tmp_path: Path) -> Path:
    """A project, and an environment that has a package and this environment's packages."""
    environment = tmp_path / "environment"
    venv.create(environment, symlinks=True)
    [packages] = environment.glob("lib/python*/site-packages")
    (packages / "others.pth").write_text(str(Path(django.__file__).parent.parent))
    package = packages / "shelf"
    package.mkdir()
    for name in ("__init__.py", "py.typed"):
        (package / name).touch()
    (package / "rows.py").write_text(NEWEST)
    folder = tmp_path / "project"
    folder.mkdir()
    (folder / "views.py").write_text(VIEWS)
    (folder / "package").symlink_to(package)
    settings(folder)
    return folder


def settings(folder: Path, *ours: str) -> None:
    """Write mypy's configuration."""
    lines = (
        "[mypy]",
        "plugins = mypy_async_django",
        "python_executable = ../environment/bin/python",
        "[mypy.plugins.mypy_async_django]",
        *ours,
    )
    (folder / "mypy.ini").write_text("\n".join(lines))


def said(folder: Path, *options: str) -> list[str]:
    """What mypy says of the views, line by line."""
    command = [sys.executable, "-m", "mypy", "--show-traceback", *options, "views.py"]
    ran = subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False)
    assert ran.returncode in (0, 1), ran.stdout + ran.stderr
    return ran.stdout.splitlines()


def found(folder: Path, *options: str) -> list[str]:
    """The lines of the errors."""
    return [line.partition(": error")[0] for line in said(folder, *options) if ": error: " in line]


def test_a_package_is_followed(project: Path) -> None:
    """To what it queries for the given arguments; not to what blocks, nor to what is lazy."""
    lines = said(project)
    assert [line.partition(": error")[0] for line in lines if ": error: " in line] == FOLLOWED
    assert "views.py:11: note: -> newest (package shelf)" in lines


def test_a_package_is_replaced(project: Path) -> None:
    """By a version that queries no more, and by the first one again: as in a run from nothing."""
    rows = project / "package" / "rows.py"
    other = NEWEST.replace('User.objects.order_by("-pk").first()', "None")
    for text, expected in ((NEWEST, FOLLOWED), (other, FOLLOWED[2:]), (NEWEST, FOLLOWED)):
        rows.write_text(text)
        assert found(project) == expected
        assert found(project) == expected
        assert found(project, "--cache-dir=/dev/null") == expected


@pytest.mark.parametrize(
    ("setting", "expected"),
    [
        ("follow_packages = none", []),
        ("follow_packages = shelf", FOLLOWED),
        ("follow_packages = shelf.other", []),
        ("trusted = shelf", []),
        ("trusted = shelf.rows.newest", FOLLOWED[2:]),
    ],
)
def test_settings(project: Path, setting: str, expected: list[str]) -> None:
    """Of which packages calls are followed into, also with a cache that other settings made."""
    assert found(project) == FOLLOWED
    settings(project, setting)
    assert found(project) == expected
