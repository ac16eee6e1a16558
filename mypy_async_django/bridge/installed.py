"""Packages installed for the interpreter that mypy checks for."""

import os
from collections.abc import Iterable, Iterator
from functools import cache
from pathlib import Path

from mypy.modulefinder import FindModuleCache, SearchPaths, get_search_dirs


@cache
def is_installed(path: str, python_executable: str | None) -> bool:
    """Whether a file belongs to an installed package."""
    return os.path.abspath(path).startswith(_folders(python_executable))  # noqa: PTH100 - faster


@cache
def mentions(path: str, texts: tuple[bytes, ...]) -> bool:
    """Whether a file, or one of the Python files in a folder and below, contains one of some texts.

    What cannot be read does not.
    """
    place = Path(path)
    files = place.rglob("*.py") if place.is_dir() else (place,)
    return any(text in content for content in map(_bytes, files) for text in texts)


def _bytes(file: Path) -> bytes:
    try:
        return file.read_bytes()
    except OSError:
        return b""


def top_level(module: str, path: str) -> str:
    """The folder of a module's topmost package; the module's own file if it is in none.

    mypy names ``hook-shop.views.py`` after its stem, which has dots of its own.
    """
    name = os.path.basename(path)  # noqa: PTH119 - faster
    depth = module.count(".") - (name.count(".") - 1) + (name == "__init__.py")
    return str(Path(path).parents[depth - 1]) if depth else path


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


def module_file(name: str, folders: Iterable[Path], python_executable: str | None) -> str | None:
    """The file of a module, looked for in folders, then among the installed packages."""
    paths = SearchPaths(
        python_path=tuple(map(str, folders)),
        mypy_path=(),
        package_path=tuple(site_packages(python_executable)),
        typeshed_path=(),
    )
    found = FindModuleCache(paths, None, None).find_module(name)
    return found if isinstance(found, str) else None


@cache
def _folders(python_executable: str | None) -> tuple[str, ...]:
    return tuple(f"{directory}{os.sep}" for directory in site_packages(python_executable))
