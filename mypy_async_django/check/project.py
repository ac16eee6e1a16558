"""What a project is made of, as far as its files tell: configuration, import root, Django settings."""

import configparser
import fnmatch
import os
import re
import tomllib
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, Final, NamedTuple

from mypy_async_django.config import is_meant_for_us

SETTINGS_VARIABLE: Final = "DJANGO_SETTINGS_MODULE"

#: Where mypy looks for its configuration, in its order; the last two only count with its section.
_CONFIGURATIONS: Final = ("mypy.ini", ".mypy.ini", "pyproject.toml", "setup.cfg")
_SHARED: Final = frozenset({"pyproject.toml", "setup.cfg"})

_SETTINGS_IN_CODE: Final = re.compile(
    rf"""{SETTINGS_VARIABLE}["']\s*(?:,|\]\s*=)\s*["']([\w.]+)["']"""
)

#: Folders that hold no code of the project.
_NOT_THE_PROJECT: Final = frozenset(
    {"__pycache__", "node_modules", "site-packages", "venv", "env", "build", "dist"}
)

#: How many folders below the start a project is looked for.
_DEEPEST: Final = 8


class Project(NamedTuple):
    """A Django project.

    ``configuration`` is mypy's file, ``own_settings`` the one with our section; None where there is
    none. ``import_root`` is the folder that the project's modules are imported from. ``settings`` is
    Django's settings module, and ``settings_from`` tells where its name was found; both are empty
    where it was not.
    """

    configuration: Path | None
    own_settings: Path | None
    import_root: Path
    settings: str
    settings_from: str


def find(folder: Path, settings: str = "") -> Project:
    """The project that a folder is in or holds; ``settings`` is the settings module if it is known."""
    configuration = mypys_configuration(folder)
    manage = _manage(folder)
    import_root = _import_root(manage.parent) if manage else _import_root(folder)
    if settings:
        found = settings, "--settings"
    else:
        found = next(_settings(folder, configuration, manage, import_root), ("", ""))
    return Project(configuration, _own_settings(folder, configuration), import_root, *found)


def mypys_configuration(folder: Path) -> Path | None:
    """The configuration file that mypy reads in a folder: of the folder, of one above, or the user's."""
    for above in _upward(folder):
        for name in _CONFIGURATIONS:
            path = above / name
            if path.is_file() and (name not in _SHARED or "mypy" in sections(path)):
                return path
    users = [Path("~/.config/mypy/config"), Path("~/.mypy.ini")]
    if os.environ.get("XDG_CONFIG_HOME"):
        users.insert(0, Path(os.environ["XDG_CONFIG_HOME"], "mypy", "config"))
    return next((path for path in (user.expanduser() for user in users) if path.is_file()), None)


def sections(path: Path) -> Mapping[str, Any]:
    """The sections of an ini file, or the tables below "tool" of a toml file, by name.

    Nothing where it cannot be read: mypy tells what is wrong with its file.
    """
    try:
        if path.suffix == ".toml":
            tool: dict[str, Any] = tomllib.loads(path.read_text(encoding="utf-8")).get("tool", {})
            return tool
        parser = configparser.RawConfigParser()
        parser.read(path, encoding="utf-8")
        return {name: dict(parser[name]) for name in parser.sections()}
    except (OSError, ValueError, configparser.Error):
        return {}


def python_files(folder: Path, name: str) -> list[Path]:
    """The files of a name, or all with a pattern's, in and below a folder, the outer ones first."""
    found: list[Path] = []
    for parent, folders, files in os.walk(folder):
        depth = len(Path(parent).relative_to(folder).parts)
        folders[:] = sorted(
            child
            for child in folders
            if not child.startswith(".")
            and child not in _NOT_THE_PROJECT
            and not Path(parent, child, "pyvenv.cfg").exists()
        )
        if depth >= _DEEPEST:
            folders.clear()
        found += (Path(parent, file) for file in fnmatch.filter(files, name))
    return sorted(found, key=lambda path: (len(path.parts), path))


def misnamed_packages(folder: Path) -> list[str]:
    """The packages below a folder whose names Python cannot import; mypy would stop at the first.

    As paths from the folder, with slashes.
    """
    packages = (path.parent for path in python_files(folder, "__init__.py"))
    return [
        package.relative_to(folder).as_posix()
        for package in packages
        if package != folder and not package.name.removesuffix("-stubs").isidentifier()
    ]


def _upward(folder: Path) -> Iterator[Path]:
    """A folder and those above it, up to the one that version control starts at."""
    for above in (folder, *folder.parents):
        yield above
        if (above / ".git").exists() or (above / ".hg").exists():
            return


def _own_settings(folder: Path, configuration: Path | None) -> Path | None:
    if configuration is not None:
        return configuration
    for above in _upward(folder):
        for name in ("pyproject.toml", "setup.cfg"):
            if any(is_meant_for_us(section) for section in sections(above / name)):
                return above / name
    return None


def _manage(folder: Path) -> Path | None:
    below = python_files(folder, "manage.py")
    above = (parent / "manage.py" for parent in _upward(folder))
    return next((path for path in (*below, *above) if path.is_file()), None)


def _import_root(folder: Path) -> Path:
    """The folder that the modules in a folder are imported from: the one around its package."""
    while (folder / "__init__.py").exists() and folder.parent != folder:
        folder = folder.parent
    return folder


def _settings(
    folder: Path, configuration: Path | None, manage: Path | None, import_root: Path
) -> Iterator[tuple[str, str]]:
    """What the settings module may be, and what tells so, the surest first."""
    if name := os.environ.get(SETTINGS_VARIABLE):
        yield name, SETTINGS_VARIABLE
    for path in (configuration, *(above / "pyproject.toml" for above in _upward(folder))):
        found = sections(path) if path else {}
        stubs = found.get("django-stubs") or found.get("mypy.plugins.django-stubs") or {}
        if name := str(stubs.get("django_settings_module") or "").strip("\"'"):
            yield name, str(path)
    for path in (manage, *_entry_points(import_root)):
        text = path.read_text(encoding="utf-8", errors="replace") if path else ""
        if path and (named := _SETTINGS_IN_CODE.search(text)):
            yield named[1], str(path)
    for path in python_files(import_root, "settings.py"):
        if "INSTALLED_APPS" in path.read_text(encoding="utf-8", errors="replace"):
            yield _module(path), str(path)


def _entry_points(root: Path) -> Iterator[Path]:
    for name in ("asgi.py", "wsgi.py"):
        yield from python_files(root, name)


def _module(path: Path) -> str:
    return ".".join(path.with_suffix("").relative_to(_import_root(path.parent)).parts)
