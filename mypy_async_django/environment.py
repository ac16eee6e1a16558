"""What the checked program's environment holds, and what our answers depend on."""

import os
import re
import sys
from collections.abc import Collection, Iterable, Iterator
from functools import cache
from hashlib import sha256
from pathlib import Path
from typing import Any, Final, NamedTuple

from mypy.modulefinder import get_search_dirs
from mypy.options import Options

from mypy_async_django.catalogue.middleware import LOADING_USERS
from mypy_async_django.catalogue.overrides import AWAITING
from mypy_async_django.catalogue.row import Version
from mypy_async_django.config import Config
from mypy_async_django.record import requested
from mypy_async_django.templates.files import Templates, TemplateSettings

NEWEST_DJANGO: Final = (6, 1)


class Environment(NamedTuple):
    """What answers depend on, besides the checked code.

    The project's own settings for us, its Django, which installed packages await what others call,
    which of its middleware looks into users, and where its templates are.
    """

    settings: Config
    django: Version
    awaiting: frozenset[str]
    middleware: frozenset[str]
    templates: TemplateSettings = TemplateSettings()


def environment(options: Options, settings: Config) -> Environment:
    """The environment of a run, once all of mypy's plugins are there."""
    return Environment(
        settings,
        settings.django_version or django_version(options),
        packages(options, AWAITING),
        LOADING_USERS.intersection(middleware()),
        template_settings(),
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


#: Loaders that look into directories only.
_LOADERS: Final = frozenset(
    f"django.template.loaders.{name}.Loader" for name in ("app_directories", "cached", "filesystem")
)


def template_settings() -> TemplateSettings:
    """Where the project's templates are, by the settings that django-stubs' plugin has loaded.

    Nothing where they are not loaded, or where a template may come from elsewhere.
    """
    settings = getattr(sys.modules.get("django.conf"), "settings", None)
    apps = getattr(sys.modules.get("django.apps"), "apps", None)
    if settings is None or not settings.configured or apps is None or not apps.apps_ready:
        return TemplateSettings()
    directories: list[str] = []
    processors: set[str] = set()
    for engine in settings.TEMPLATES:
        if engine.get("BACKEND") != "django.template.backends.django.DjangoTemplates":
            continue
        options = engine.get("OPTIONS", {})
        loaders = set(_loaders(options.get("loaders", ())))
        if loaders - _LOADERS:
            return TemplateSettings()
        processors.update(options.get("context_processors", ()))
        directories += map(str, engine.get("DIRS", ()))
        if engine.get("APP_DIRS") or any("app_directories" in name for name in loaders):
            directories += (str(Path(app.path) / "templates") for app in apps.get_app_configs())
    return TemplateSettings(tuple(filter(os.path.isdir, directories)), frozenset(processors))


def _loaders(loaders: Iterable[Any]) -> Iterator[str]:
    """The names in a ``loaders`` setting, also those that another loader is made with."""
    for loader in loaders:
        if isinstance(loader, str):
            yield loader if loader.startswith("django.") else f"other.{loader}"
        elif isinstance(loader, list | tuple):
            first, *others = loader
            yield from _loaders([first])
            nested = others[0] if first.endswith("cached.Loader") and others else ()
            yield from _loaders(nested)


def template_digest(path: str, templates: Templates, options: Options) -> str:
    """A digest of the templates that a module of the project names; empty where it names none."""
    if path.endswith(".pyi") or is_installed(path, options):
        return ""
    return templates.digest(path)


def is_installed(path: str, options: Options) -> bool:
    """Whether a file belongs to a package installed for the interpreter that mypy checks for."""
    return _is_installed(path, options.python_executable)


@cache
def _is_installed(path: str, python_executable: str | None) -> bool:
    return os.path.abspath(path).startswith(_site_packages(python_executable))  # noqa: PTH100 - often


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
        "templates": repr(sorted(environment.templates.processors)),
        # In the cache, findings are text or data.
        "request": repr(request._replace(path="", line=0)) if request else "",
    }
