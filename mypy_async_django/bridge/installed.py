"""Packages installed for the interpreter that mypy checks for."""

import os
from collections.abc import Iterator
from functools import cache
from pathlib import Path

from mypy.modulefinder import get_search_dirs


@cache
def is_installed(path: str, python_executable: str | None) -> bool:
    """Whether a file belongs to an installed package."""
    return os.path.abspath(path).startswith(_folders(python_executable))  # noqa: PTH100 - faster


def versions_of(package: str, python_executable: str | None) -> Iterator[str]:
    """The installed versions of a package; ``package`` is a glob of how its metadata names it.

    https://packaging.python.org/en/latest/specifications/recording-installed-packages/
    """
    for directory in site_packages(python_executable):
        for found in Path(directory).glob(f"{package}-*.dist-info"):
            yield found.name.removesuffix(".dist-info").partition("-")[2]


def site_packages(python_executable: str | None) -> list[str]:
    """The folders in which an interpreter looks for installed packages."""
    _, directories = get_search_dirs(python_executable)
    return directories


@cache
def _folders(python_executable: str | None) -> tuple[str, ...]:
    return tuple(f"{directory}{os.sep}" for directory in site_packages(python_executable))
