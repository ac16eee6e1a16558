"""What the catalogue knows of one framework."""

from collections.abc import Mapping
from typing import NamedTuple

from mypy_async_django.catalogue.decorators import SyncDecorator
from mypy_async_django.catalogue.row import Api


class Hooks(NamedTuple):
    """Methods that a class calls without awaiting them, and its own method that does so.

    Where a subclass overrides that method, nothing is known of the call.
    """

    caller: str
    names: frozenset[str]


class Framework(NamedTuple):
    """The facts about one framework, by full names.

    ``rows`` are its own functions and methods. ``endpoints`` are decorators, most often methods of
    a router, that make a view of a function: Django hands it the request, and nothing has looked
    into that before. ``sync_decorators`` do not support async functions. ``hooks`` are the methods
    that a class calls if a subclass defines them, ``untyped_hooks`` the same by the module that the
    class is imported from, for where mypy does not know the class. ``awaits`` is the package, if it
    awaits hooks of another one, with the prefix of the classes of that.
    """

    rows: tuple[Api, ...] = ()
    endpoints: frozenset[str] = frozenset()
    sync_decorators: tuple[SyncDecorator, ...] = ()
    hooks: Mapping[str, Hooks] = {}
    untyped_hooks: Mapping[str, frozenset[str]] = {}
    awaits: Mapping[str, str] = {}
