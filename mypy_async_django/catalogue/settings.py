"""What a project's Django settings decide about the effects of Django's APIs."""

from collections.abc import Iterable, Iterator, Mapping
from typing import Any, Final, NamedTuple

from mypy_async_django.catalogue.django import REQUEST
from mypy_async_django.catalogue.django_contrib import SESSION_ROWS
from mypy_async_django.catalogue.middleware import LOADING_USERS
from mypy_async_django.catalogue.row import Effect

UNKNOWN: Final = "unknown"
"""The effect of a backend that this module does not know."""

_AUTHENTICATION: Final = "django.contrib.auth.middleware.AuthenticationMiddleware"

#: The effects of Django's own backends, by the paths in ``CACHES`` and ``STORAGES``; None for one that
#: works in memory.
BACKENDS: Final[Mapping[str, Effect | None]] = {
    "django.core.cache.backends.db.DatabaseCache": Effect.RAISES,
    "django.core.cache.backends.dummy.DummyCache": None,
    "django.core.cache.backends.filebased.FileBasedCache": Effect.BLOCKS_ON_FILE,
    "django.core.cache.backends.locmem.LocMemCache": None,
    "django.core.files.storage.FileSystemStorage": Effect.BLOCKS_ON_FILE,
    "django.core.files.storage.InMemoryStorage": None,
    "django.core.files.storage.filesystem.FileSystemStorage": Effect.BLOCKS_ON_FILE,
    "django.core.files.storage.memory.InMemoryStorage": None,
}
#: Packages whose storages all use the network.
_REMOTE: Final = ("cloudinary_storage.", "storages.backends.")

_MAIL_IN_PROCESS: Final = frozenset(
    f"django.core.mail.backends.{name}.EmailBackend" for name in ("console", "dummy", "locmem")
)
_MAIL: Final = (
    "django.contrib.auth.models.AbstractUser.email_user",
    "django.core.mail.mail_admins",
    "django.core.mail.mail_managers",
    "django.core.mail.message.EmailMessage.send",
    "django.core.mail.send_mail",
    "django.core.mail.send_mass_mail",
)
_SESSION_STORES: Final = "django.contrib.sessions.backends."
_FAST_HASHERS: Final = frozenset({"django.contrib.auth.hashers.MD5PasswordHasher"})
_HASHING: Final = (
    "django.contrib.auth.base_user.AbstractBaseUser.set_password",
    "django.contrib.auth.hashers.make_password",
)
_CHECKING: Final = (
    "django.contrib.auth.base_user.AbstractBaseUser.check_password",
    "django.contrib.auth.hashers.check_password",
    "django.contrib.auth.hashers.verify_password",
)


class Registry(NamedTuple):
    """Objects that a setting configures under aliases.

    ``default`` is the full name of the object with the alias "default", ``aliases`` that of the mapping
    from aliases to objects.
    """

    setting: str
    owner: str
    default: str
    aliases: str


REGISTRIES: Final = (
    Registry(
        "CACHES",
        "django.core.cache.backends.base.BaseCache",
        "django.core.cache.cache",
        "django.core.cache.caches",
    ),
    Registry(
        "STORAGES",
        "django.core.files.storage.base.Storage",
        "django.core.files.storage.default_storage",
        "django.core.files.storage.storages",
    ),
)


class SettingsFacts(NamedTuple):
    """What the settings of a project decide.

    ``backends`` has the effect of each alias of a setting with aliases, such as ``CACHES``: None
    where it works in memory, `UNKNOWN` where the backend is not known. ``harmless`` are full names of
    APIs that neither raise nor block.
    """

    backends: tuple[tuple[str, str, Effect | str | None], ...] = ()
    harmless: frozenset[str] = frozenset()

    def effects(self, setting: str, alias: str | None = None) -> set[Effect | str | None]:
        """The effects of an alias, or of all aliases of a setting."""
        return {
            effect
            for of, name, effect in self.backends
            if of == setting and (alias is None or name == alias)
        }


NOTHING_KNOWN: Final = SettingsFacts()
"""The facts where no settings are loaded."""


def facts(settings: Any) -> SettingsFacts:
    """What loaded settings decide; an object with an attribute for each setting goes in."""
    backends = tuple(
        (registry.setting, alias, _effect(path))
        for registry in REGISTRIES
        for alias, path in sorted(_paths(getattr(settings, registry.setting, None)))
    )
    decided = SettingsFacts(backends)
    return decided._replace(harmless=frozenset(_harmless(settings, decided)))


def _paths(configured: Any) -> Iterator[tuple[str, str]]:
    """The aliases of a setting, each with the dotted path of its backend."""
    if isinstance(configured, Mapping):
        for alias, options in configured.items():
            path = options.get("BACKEND") if isinstance(options, Mapping) else None
            yield str(alias), path if isinstance(path, str) else ""


def _effect(path: str) -> Effect | str | None:
    return Effect.BLOCKS if path.startswith(_REMOTE) else BACKENDS.get(path, UNKNOWN)


def _harmless(settings: Any, decided: SettingsFacts) -> Iterator[str]:
    middleware = _names(settings, "MIDDLEWARE")
    if LOADING_USERS.intersection(middleware):
        yield from (f"{REQUEST}.session", f"{REQUEST}.user")
    elif middleware and _AUTHENTICATION not in middleware:
        # Settings without any middleware are made for mypy, not for a server.
        yield f"{REQUEST}.user"
    if _is_session_in_memory(settings, decided):
        yield f"{REQUEST}.session"
        yield from SESSION_ROWS
    if getattr(settings, "EMAIL_BACKEND", "") in _MAIL_IN_PROCESS:
        yield from _MAIL
    hashers = _names(settings, "PASSWORD_HASHERS")
    if hashers and hashers[0] in _FAST_HASHERS:
        yield from _HASHING
        if _FAST_HASHERS.issuperset(hashers):
            yield from _CHECKING


def _is_session_in_memory(settings: Any, decided: SettingsFacts) -> bool:
    engine = getattr(settings, "SESSION_ENGINE", None)
    if engine == f"{_SESSION_STORES}cache":
        alias = str(getattr(settings, "SESSION_CACHE_ALIAS", "default"))
        return decided.effects("CACHES", alias) == {None}
    return engine == f"{_SESSION_STORES}signed_cookies"


def _names(settings: Any, name: str) -> tuple[str, ...]:
    value: Iterable[Any] = getattr(settings, name, None) or ()
    return tuple(map(str, value))
