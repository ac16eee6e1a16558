"""What the catalogue knows of one framework."""

from collections.abc import Mapping
from enum import Enum, auto
from typing import NamedTuple

from mypy_async_django.catalogue.decorators import SyncDecorator
from mypy_async_django.catalogue.row import Api


class Hooks(NamedTuple):
    """Methods that a class calls without awaiting them, and its own method that does so.

    Where a subclass overrides that method, nothing is known of the call.
    """

    caller: str
    names: frozenset[str]


class Role(Enum):
    """What a method does that a class inherits, by what the class declares."""

    REPRESENTS = auto()
    """Reads the fields of an object."""
    VALIDATES = auto()
    SAVES = auto()
    RENDERS = auto()


class FieldKind(Enum):
    """What a declared field does, where that is more than to read an attribute."""

    KEY = auto()
    """Reads the key of a relation, or the keys of many rows; looks a row up to validate."""
    TEXT = auto()
    """Formats what a relation leads to."""
    SLUG = auto()
    """Reads a column of what a relation leads to; looks a row up to validate."""
    METHOD = auto()
    """Calls a method of the class."""
    CHOICE = auto()
    """Lists the rows of a queryset to render, looks a row up to validate."""


class Declarative(NamedTuple):
    """A class whose subclasses declare fields; its methods do what these say.

    ``methods`` are those that count, ``hooks`` the methods of the subclass that they call, ``*``
    for the name of a field. ``by_annotation`` says that annotations declare the fields.
    ``from_model`` says that a class ``Meta`` inside names a model and its fields.
    """

    methods: Mapping[str, Role]
    hooks: Mapping[Role, tuple[str, ...]] = {}
    by_annotation: bool = False
    from_model: bool = False


class Framework(NamedTuple):
    """The facts about one framework, by full names.

    ``rows`` are its own functions and methods. ``endpoints`` are decorators, most often methods of
    a router, that make a view of a function: Django hands it the request, and nothing has looked
    into that before. ``sync_decorators`` do not support async functions. ``hooks`` are the methods
    that a class calls if a subclass defines them, ``untyped_hooks`` the same by the module that the
    class is imported from, or by its full name, for where mypy does not know the class. ``awaits``
    is the package, if it awaits hooks of another one, with the prefix of the classes of that.
    ``declarative`` are classes whose subclasses declare fields, ``fields`` are the classes of such
    fields that do more than read. ``coroutines`` are coroutine functions and methods, for where
    mypy has no types of the package. ``arrivals`` are attributes and items, by the last steps as
    they are written, with the class of what the framework puts there, or the attribute of one.
    ``fixtures`` are the parameters of test functions, with their classes. ``loads`` are packages,
    with the module of Django's that has those classes: mypy has to read it before a module that
    imports the package. ``on_loop`` are decorators whose sync functions run on the event loop
    where the module has async ones too, or names one of ``async_servers``, with what to do instead
    of a query there. ``tasks`` are classes of what a decorator makes of a function, with the
    methods that run it here, as calling it does. ``keeping`` are decorators of which the same
    holds, without types, ``results`` the methods of a task with the class of what they return.
    ``responses`` names the parameter of an endpoint's decorator that is the class of the response.
    """

    rows: tuple[Api, ...] = ()
    endpoints: frozenset[str] = frozenset()
    sync_decorators: tuple[SyncDecorator, ...] = ()
    hooks: Mapping[str, Hooks] = {}
    untyped_hooks: Mapping[str, frozenset[str]] = {}
    awaits: Mapping[str, str] = {}
    declarative: Mapping[str, Declarative] = {}
    fields: Mapping[str, FieldKind] = {}
    responses: str | None = None
    coroutines: frozenset[str] = frozenset()
    arrivals: Mapping[tuple[str, ...], str] = {}
    fixtures: Mapping[str, str] = {}
    loads: Mapping[str, str] = {}
    on_loop: Mapping[str, str] = {}
    async_servers: frozenset[str] = frozenset()
    tasks: Mapping[str, frozenset[str]] = {}
    keeping: tuple[str, ...] = ()
    results: Mapping[str, str] = {}
