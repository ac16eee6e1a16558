"""What one function does itself, without looking at what it calls."""

from collections.abc import Iterator, Mapping
from enum import Enum
from hashlib import blake2b
from typing import Any, Final, NamedTuple

from mypy_async_django.index.abstract import UNKNOWN, Action, Call, Parameter, Value
from mypy_async_django.index.coroutines.callback_parameters import CallbackParameter
from mypy_async_django.index.coroutines.returned_coroutines import ResultFrom
from mypy_async_django.index.queries import Step

Names = tuple[str, ...]

LOADED: Final = "loaded"
SAME_AS: Final = "same as"
PARAMETER: Final = "parameter"
DERIVED: Final = "derived"
ITEMS: Final = "items"
MADE: Final = "made"


class StoredResult(NamedTuple):
    """The rows that a function returns, by the names of their model and of what is loaded."""

    kind: str
    model: str
    path: Names
    selected: Names
    all_selected: bool
    prefetched: Names
    only: Names | None
    deferred: Names
    parent: str | None
    given: Names | None
    later: tuple[Step, ...] = ()


class Part(Enum):
    """A part of a summary that is worked out by itself; the value ends the name that asks for it."""

    DOES = ""
    RESULT = ":result"
    TOUCHES = ":touches"
    TAKES = ":takes"
    AWAITED = ":awaited"

    def of(self, function: str) -> str:
        """The name that this part of a function's summary is asked for by."""
        return f"{function}{self.value}"


def part_named(name: str) -> tuple[str, Part]:
    """The function, and the part of its summary, that a name asks for."""
    function, mark, part = name.partition(":")
    return function, Part(mark + part)


class Summary(NamedTuple):
    """The facts about a function that its callers need, in terms of its parameters.

    Each `Part` fills its own fields: ``result``; ``touches`` and ``passes``; ``value_parameters`` and
    ``callbacks``; ``is_awaited`` and ``coroutine_from``; the first one all others.


    ``actions`` are what a sync function does: operations of the catalogue, calls, and uses of values
    whose class the caller decides, each with its condition. ``parameters`` bind a call's arguments,
    ``returns`` is the value of all return statements, ``stores`` are the values that a constructor
    keeps in attributes.

    ``passes`` are the parameters passed on (its name, a function's full name, the parameter there).
    ``result`` holds
    the fields of a `StoredResult`, or `SAME_AS` with the full name of a function that returns the
    same at an access path and the `Step`s from there, or `PARAMETER` with the name of one that is
    returned, the path to what is returned of it and whether the function leaves it as it is, or
    `DERIVED` with the fields of a `Derived`, or `LOADED` for a queryset with its rows, or `ITEMS` with
    the same for each step into a container, or `MADE` with a class and the same for each position or
    keyword of its constructor, or nothing.

    ``is_coroutine`` says that it is awaited: what it runs is looked at where it is written, and
    ``actions`` are what it follows of its parameters and passes on. ``is_probe`` says that it
    finds out whether an event loop is running: its callers do not query in one. ``upward`` are the
    ``super()`` chains of calls of mixins, ``is_cooperative`` says that the method is part of one;
    see `index.resolution.cooperative_super`. ``is_awaited`` says that a decorator, of which mypy
    knows the name only, makes a coroutine function of a sync one. ``touches`` are the parameters
    of which it only reads, calls and sets attributes, with those. ``closes_connections`` says that
    it closes those of its thread before it returns. ``queries`` are operations on what a function
    of the project returns (its full name, the operation): they raise if that is a queryset.
    ``value_parameters`` are parameters of any type that it never awaits. ``callbacks`` are the
    parameters that it only calls, with the misuse of what they return. ``coroutine_from`` are the
    functions of which a sync function returns the result, whichever return statement it reaches.
    ``is_installed`` says that a package defines it: what it does under a condition counts where
    that is known to hold.
    """

    actions: tuple[Action, ...] = ()
    parameters: tuple[Parameter, ...] = ()
    returns: Value = UNKNOWN
    stores: tuple[tuple[str, Value], ...] = ()
    passes: tuple[tuple[str, str, str], ...] = ()
    result: tuple[Any, ...] = ()
    is_probe: bool = False
    is_coroutine: bool = False
    upward: tuple[Names, ...] = ()
    is_cooperative: bool = False
    is_awaited: bool = False
    touches: tuple[tuple[str, Names], ...] = ()
    value_parameters: Names = ()
    queries: tuple[tuple[str, str], ...] = ()
    callbacks: tuple[CallbackParameter, ...] = ()
    coroutine_from: tuple[ResultFrom, ...] = ()
    closes_connections: bool = False
    is_installed: bool = False

    def called(self) -> Iterator[str]:
        """The functions of the project that it calls, by their full names."""
        return (action.does.function for action in self.actions if isinstance(action.does, Call))

    def __bool__(self) -> bool:
        """Whether there is anything to say of the function."""
        return self != _NOTHING


_NOTHING: Final = Summary()

Summaries = Mapping[str, Summary]
"""A module's summaries, by the function's name within the module."""


def answer(summary: Summary) -> str:
    """A text for a summary, short: the same for the same facts, in each run and process."""
    return blake2b(repr(tuple(summary)).encode(), digest_size=12).hexdigest()
