"""What the checked program's environment holds, and what our answers depend on."""

import os
import sys
from collections.abc import Collection, Iterable, Iterator, Sequence
from functools import cache
from hashlib import sha256
from pathlib import Path
from typing import Any, Final, NamedTuple

from mypy_async_django import settings_module, versions
from mypy_async_django.bridge.installed import versions_of
from mypy_async_django.catalogue.frameworks.installed import AWAITING
from mypy_async_django.catalogue.lookup import Catalogue
from mypy_async_django.catalogue.offload import Offloader
from mypy_async_django.catalogue.row import Api, Effect, Version
from mypy_async_django.catalogue.settings import NOTHING_KNOWN, SettingsFacts, facts
from mypy_async_django.config import Config
from mypy_async_django.record import requested
from mypy_async_django.templates.files import TemplateSettings

NEWEST_DJANGO: Final = (6, 1)


class Environment(NamedTuple):
    """What answers depend on, besides the checked code.

    The project's own settings for us, its Django, which installed packages await what others call,
    what its Django settings decide, and where its templates are.
    """

    settings: Config
    django: Version
    awaiting: frozenset[str]
    facts: SettingsFacts = NOTHING_KNOWN
    templates: TemplateSettings = TemplateSettings()


def environment(
    python_executable: str | None,
    settings: Config,
    *,
    loads_django: bool = True,
    folders: Sequence[Path] = (),
) -> Environment:
    """The environment of a run, once mypy has made all its plugins.

    ``python_executable`` is the interpreter that mypy checks for. Without ``loads_django``, Django
    settings that are loaded in this process belong to another run: they do not count. Where none
    are loaded, the settings module is read, if it lies in one of the ``folders``.
    """
    loaded = _loaded_settings() if loads_django else None
    known = loaded if loaded is not None else _read_settings(folders)
    return Environment(
        settings,
        settings.django_version or django_version(python_executable),
        packages(python_executable, AWAITING),
        facts(known) if known is not None else NOTHING_KNOWN,
        template_settings(loaded),
    )


def django_version(python_executable: str | None) -> Version:
    """The Django of the interpreter that mypy checks for, found without importing it.

    The newest that the catalogue knows where none is installed.
    """
    for version in versions_of("[Dd]jango", python_executable):
        if found := versions.version_of(version):
            return found
    return NEWEST_DJANGO


def problem(python_executable: str | None, settings: Config) -> str | None:
    """What is wrong with the installed Django or django-stubs: one of them is too old."""
    if settings.django_version is None:
        for version in versions_of("[Dd]jango", python_executable):
            if message := versions.too_old("Django", version, versions.OLDEST_DJANGO):
                return f'{message}; name another with "django_version" if that is not the one'
    for version in versions_of("django_stubs", python_executable):
        if message := versions.too_old("django-stubs", version, versions.OLDEST_STUBS):
            return message
    return None


def missing(python_executable: str | None, plugins: Collection[str]) -> str | None:
    """What a program that uses Django lacks here, and what to do; None if nothing.

    ``plugins`` are mypy's.
    """
    if not any(versions_of("[Dd]jango", python_executable)):
        return (
            f"Django is not installed for {python_executable or 'the interpreter'}, so no query is "
            "known; install it there, or run mypy with --python-executable of the environment "
            "that has it"
        )
    if any(versions_of("django_types", python_executable)):
        return None
    if not any(versions_of("django_stubs", python_executable)):
        return (
            f"django-stubs is not installed for {python_executable or 'the interpreter'}, so little "
            "is known of models and queries; install django-stubs there"
        )
    if not any("mypy_django_plugin" in plugin for plugin in plugins):
        return (
            "the plugin of django-stubs is off, so little is known of models; write "
            '"plugins = mypy_django_plugin.main, mypy_async_django" and name the settings module: '
            "https://github.com/typeddjango/django-stubs#configuration"
        )
    return None


def packages(python_executable: str | None, names: Collection[str]) -> frozenset[str]:
    """Those of the named packages that the interpreter has which mypy checks for."""
    return frozenset(name for name in names if any(versions_of(name, python_executable)))


def _loaded_settings() -> Any:
    """The project's Django settings; None where they are not loaded.

    django-stubs' plugin loads them, as it needs the models.
    """
    settings = getattr(sys.modules.get("django.conf"), "settings", None)
    return settings if settings is not None and settings.configured else None


def _read_settings(folders: Sequence[Path]) -> Any:
    """The settings of the module that the environment or a ``manage.py`` names, without running it."""
    name = os.environ.get("DJANGO_SETTINGS_MODULE") or settings_module.name_in(folders)
    return settings_module.read(name, folders) if name else None


#: Loaders that look into directories only.
_LOADERS: Final = frozenset(
    f"django.template.loaders.{name}.Loader" for name in ("app_directories", "cached", "filesystem")
)


def template_settings(settings: Any) -> TemplateSettings:
    """Where the project's templates are, by its Django settings, None for none.

    Nothing where Django's apps are not loaded, or where a template may come from elsewhere.
    """
    apps = getattr(sys.modules.get("django.apps"), "apps", None)
    if settings is None or apps is None or not apps.apps_ready:
        return TemplateSettings()
    directories: list[str] = []
    builtins: list[str] = []
    processors: set[str] = set()
    for engine in settings.TEMPLATES:
        if engine.get("BACKEND") != "django.template.backends.django.DjangoTemplates":
            continue
        options = engine.get("OPTIONS", {})
        loaders = set(_loaders(options.get("loaders", ())))
        if loaders - _LOADERS:
            return TemplateSettings()
        builtins += options.get("builtins", ())
        processors.update(options.get("context_processors", ()))
        directories += map(str, engine.get("DIRS", ()))
        if engine.get("APP_DIRS") or any("app_directories" in name for name in loaders):
            directories += (str(Path(app.path) / "templates") for app in apps.get_app_configs())
    return TemplateSettings(
        tuple(filter(os.path.isdir, directories)),
        tuple((app.name, app.path) for app in apps.get_app_configs()),
        tuple(builtins),
        frozenset(processors),
    )


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
        "facts": repr((environment.facts.backends, sorted(environment.facts.harmless))),
        "templates": repr(sorted(environment.templates.processors)),
        # In the cache, findings are text or data.
        "request": repr(request._replace(path="", line=0)) if request else "",
    }


def catalogue_of(environment: Environment) -> Catalogue:
    """The catalogue's facts for an environment, with those that the settings add."""
    settings = environment.settings
    own = [
        *(Api(name, Effect.RAISES) for name in settings.async_unsafe),
        *(Api(name, Effect.BLOCKS) for name in settings.blocking),
    ]
    # What a project's own offloaders do with database connections is its own business.
    offloaders = [Offloader(name, closes_connections=True) for name in settings.offloaders]
    trusted = (*settings.trusted, *environment.facts.harmless)
    return Catalogue(
        environment.django, own, offloaders, trusted, environment.awaiting, environment.facts
    )
