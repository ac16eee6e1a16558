"""What the checked program's environment holds, and what our answers depend on."""

import os
import re
import sys
from collections.abc import Collection, Iterator
from functools import cache
from hashlib import sha256
from pathlib import Path
from typing import Final, NamedTuple

from mypy.modulefinder import get_search_dirs
from mypy.options import Options

from mypy_async_django.catalogue.middleware import LOADING_USERS
from mypy_async_django.catalogue.overrides import AWAITING
from mypy_async_django.catalogue.row import Version
from mypy_async_django.config import Config
from mypy_async_django.record import requested

NEWEST_DJANGO: Final = (6, 1)


class Environment(NamedTuple):
    """What answers depend on, besides the checked code.

    The project's own settings for us, its Django, which installed packages await what others call,
    and which of its middleware looks into users.
    """

    settings: Config
    django: Version
    awaiting: frozenset[str]
    middleware: frozenset[str]


def environment(options: Options, settings: Config) -> Environment:
    """The environment of a run, once all of mypy's plugins are there."""
    return Environment(
        settings,
        settings.django_version or django_version(options),
        packages(options, AWAITING),
        LOADING_USERS.intersection(middleware()),
    )


def django_version(options: Options) -> Version:
    """The Django of the interpreter that mypy checks for, found without importing it.

    The newest that the catalogue knows where none is installed.
    """
    for version in _versions("[Dd]jango", options):
        if found := re.match(r"(\d+)\.(\d+)", version):
            return int(found[1]), int(found[2])
    return NEWEST_DJANGO


def packages(options: Options, names: Collection[str]) -> frozenset[str]:
    """Those of the named packages that the interpreter has which mypy checks for."""
    return frozenset(name for name in names if any(_versions(name, options)))


def _versions(package: str, options: Options) -> Iterator[str]:
    """The installed versions of a package, by the names that installers give to its metadata.

    https://packaging.python.org/en/latest/specifications/recording-installed-packages/
    """
    _, site_packages = get_search_dirs(options.python_executable)
    for directory in site_packages:
        for found in Path(directory).glob(f"{package}-*.dist-info"):
            yield found.name.removesuffix(".dist-info").partition("-")[2]


def middleware() -> tuple[str, ...]:
    """The project's middleware, by dotted paths; nothing where its settings are not loaded.

    They are by django-stubs' plugin, which has to know the models.
    """
    settings = getattr(sys.modules.get("django.conf"), "settings", None)
    if settings is None or not settings.configured:
        return ()
    return tuple(map(str, settings.MIDDLEWARE))


def is_installed(path: str, options: Options) -> bool:
    """Whether a file belongs to a package installed for the interpreter that mypy checks for."""
    return _is_installed(path, options.python_executable)


@cache
def _is_installed(path: str, python_executable: str | None) -> bool:
    return str(Path(path).absolute()).startswith(_site_packages(python_executable))


@cache
def _site_packages(python_executable: str | None) -> tuple[str, ...]:
    _, site_packages = get_search_dirs(python_executable)
    return tuple(f"{directory}{os.sep}" for directory in site_packages)


@cache
def _sources() -> str:
    """What tells the plugin's code from any other: mypy itself only looks at one file of it.

    A digest of the list that an installer makes of the files, with theirs, or of the files.
    """
    package = Path(__file__).parent
    digest = sha256()
    records = package.parent.glob(f"{package.name}-*.dist-info/RECORD")
    for path in sorted(records) or sorted(package.rglob("*.py")):
        digest.update(path.read_bytes())
    return digest.hexdigest()


def fingerprint(environment: Environment) -> dict[str, str]:
    """What mypy's cache is good for: the same plugin in the same environment."""
    request = requested()
    return {
        "sources": _sources(),
        "settings": repr(environment.settings),
        "django": repr(environment.django),
        "awaiting": repr(sorted(environment.awaiting)),
        "middleware": repr(sorted(environment.middleware)),
        # In the cache, findings are text or data.
        "request": repr(request._replace(path="", line=0)) if request else "",
    }
