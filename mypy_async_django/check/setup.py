"""The command ``check-setup``: what a run would use, and what is missing."""

import argparse
import sys
from collections.abc import Iterator
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Final

from mypy_async_django import __version__, rules
from mypy_async_django.check import configuration, names, project, run
from mypy_async_django.config import ConfigError, load

#: How many packages without types are named.
_MOST: Final = 12


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the arguments of ``check-setup``."""
    parser.add_argument("--settings", default="", metavar="MODULE", help="Django's settings module")


def check_setup(options: argparse.Namespace) -> int:
    """Print the report; returns 2 where the settings are wrong."""
    found = project.find(Path.cwd(), options.settings)
    try:
        for title, text in _lines(found):
            print(f"{title + ':':22} {text}")
    except ConfigError as error:
        print(error, end="", file=sys.stderr)
        return 2
    return 0


def _lines(found: project.Project) -> Iterator[tuple[str, str]]:
    yield "mypy-async-django", f"{__version__}, on Python {sys.version.split()[0]}"
    packages = ("mypy", "Django", "django-stubs")
    yield "installed", ", ".join(f"{package} {_version(package)}" for package in packages)
    yield "mypy's configuration", _path(found.configuration)
    plugins = configuration.plugins(found)
    yield "plugins in it", ", ".join(plugins) or "none"
    if found.configuration and configuration.OURS not in plugins:
        yield "", f'"check" adds {configuration.OURS}; for mypy itself, add it to "plugins"'
    own = str(found.own_settings) if found.own_settings else None
    codes = rules.codes()
    settings = load(own, codes)
    changed = [key for key, value in settings._asdict().items() if value != _default(key)]
    yield "settings of ours", ", ".join(changed) or "as by default"
    roots = [found.import_root, Path.cwd()]
    for key, name in names.undefined(settings, roots):
        yield "", f'"{key}" has "{name}", which is defined nowhere'
    yield "import root", _path(found.import_root)
    if found.settings:
        why = run.why_settings_fail(found)
        state = f"cannot be loaded: {why}" if why else "can be loaded"
        yield (
            "Django's settings",
            f"{found.settings}, from {run.short(found.settings_from)}: {state}",
        )
    else:
        yield "Django's settings", "not found; name them with --settings or DJANGO_SETTINGS_MODULE"
    files = list(project.python_files(found.import_root, "*.py"))
    untyped = names.untyped(files, roots)
    more = f" and {len(untyped) - _MOST} more" if len(untyped) > _MOST else ""
    yield "without types", ", ".join(untyped[:_MOST]) + more or "none of the packages imported"


def _default(key: str) -> object:
    return load(None, ())._asdict()[key]


def _path(path: Path | None) -> str:
    return run.short(str(path)) if path else "none"


def _version(package: str) -> str:
    try:
        return version(package)
    except PackageNotFoundError:
        return "is not installed"
