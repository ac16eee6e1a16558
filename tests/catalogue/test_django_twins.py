"""Django is walked for coroutines with a sync twin: each pair is in the catalogue or excused."""

import importlib
import inspect
import pkgutil
import warnings
from collections.abc import Iterator
from types import FunctionType, ModuleType
from typing import Any, Final

import django
import pytest
from django.apps import apps
from django.core.exceptions import ImproperlyConfigured

from mypy_async_django.catalogue.lookup import ROWS

NAMES: Final = frozenset(row.name for row in ROWS)

#: Sync functions and methods that have a twin and no row.
EXCUSED: Final = {
    "django.contrib.auth.backends.BaseBackend.authenticate": "does nothing, for others to override",
    "django.contrib.auth.backends.RemoteUserBackend.configure_user": "changes nothing by itself",
    "django.contrib.auth.middleware.RemoteUserMiddleware.clean_username": "Django calls it",
    "django.contrib.auth.middleware.RemoteUserMiddleware.process_request": "Django calls it",
    "django.contrib.auth.models.AnonymousUser.get_all_permissions": "there are none to look up",
    "django.contrib.auth.models.AnonymousUser.get_group_permissions": "there are none to look up",
    "django.contrib.auth.models.AnonymousUser.get_user_permissions": "there are none to look up",
    "django.contrib.auth.models.AnonymousUser.has_module_perms": "there are none to look up",
    "django.contrib.auth.models.AnonymousUser.has_perm": "there are none to look up",
    "django.contrib.auth.models.AnonymousUser.has_perms": "there are none to look up",
    "django.contrib.sessions.backends.cache.SessionStore.cache_key": "makes a string",
    "django.contrib.sessions.backends.cached_db.SessionStore.cache_key": "makes a string",
    "django.contrib.sessions.backends.db.SessionStore.create_model_instance": "saves nothing",
    "django.db.models.query.QuerySet.iterator": "is lazy, the rules know what iterates it",
    "django.test.client.closing_iterator_wrapper": "the test client's own",
    "django.utils.text.compress_sequence": "compresses as it is iterated",
}


def modules() -> Iterator[ModuleType]:
    """Django's modules, but for those that want a library or a setting which is not there."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        for found in pkgutil.walk_packages(django.__path__, "django.", onerror=lambda _: None):
            if ".conf." in found.name or found.name.endswith("__main__"):
                continue
            try:
                yield importlib.import_module(found.name)
            except (ImportError, RuntimeError, ImproperlyConfigured):
                continue


def twins() -> Iterator[tuple[str, str]]:
    """The full name of each coroutine whose name is an "a" and another name beside it, and that."""
    for module in modules():
        for name, value in list(vars(module).items()):
            # Not isinstance(): a lazy object (the admin's site) would be set up by the question.
            if issubclass(type(value), type | FunctionType) and value.__module__ == module.__name__:
                if issubclass(type(value), type):
                    yield from _pairs(value, f"{module.__name__}.{value.__qualname__}")
                elif _is_twin(module, name, value):
                    yield f"{module.__name__}.{name}", f"{module.__name__}.{name[1:]}"


def _pairs(owner: type, full_name: str) -> Iterator[tuple[str, str]]:
    for name, value in vars(owner).items():
        if _is_twin(owner, name, getattr(value, "__func__", value)):
            yield f"{full_name}.{name}", f"{full_name}.{name[1:]}"


def _is_twin(owner: Any, name: str, value: object) -> bool:
    is_async = inspect.iscoroutinefunction(value) or inspect.isasyncgenfunction(value)
    return is_async and name.startswith("a") and hasattr(owner, name[1:])


def known(name: str) -> bool:
    """Tell whether there is a row for this function, or for a method that it overrides."""
    owner, _, simple = name.rpartition(".")
    module, _, class_name = owner.rpartition(".")
    found = getattr(importlib.import_module(module), class_name, None) if module else None
    bases = found.__mro__ if isinstance(found, type) else ()
    return name in NAMES or any(
        f"{base.__module__}.{base.__qualname__}.{simple}" in NAMES for base in bases
    )


@pytest.fixture(scope="module")
def pairs() -> dict[str, str]:
    """Each sync function with a twin, and the twin."""
    assert apps.ready
    return {sync: twin for twin, sync in twins()}


def test_every_twin_is_known(pairs: dict[str, str]) -> None:
    """A new Django brings new twins: each wants a row, or a reason why it has none."""
    version = "({}, {})".format(*django.VERSION)
    missing = [
        f'raises("{owner}", "{name}", twin="a*", since={version}),  # or blocks()'
        for owner, _, name in (
            sync.rpartition(".")
            for sync in sorted(pairs)
            if not known(sync) and sync not in EXCUSED
        )
    ]
    assert len(pairs) > 100
    assert not missing, "\n".join(
        ("run these in a coroutine and add them to the catalogue or to EXCUSED:", *missing)
    )


def test_excuses_are_needed(pairs: dict[str, str]) -> None:
    """What is excused exists, and has no row."""
    newest = django.VERSION >= (6, 1)
    assert not newest or set(EXCUSED) <= set(pairs)
    assert not [name for name in EXCUSED if name in NAMES]
