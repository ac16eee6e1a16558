"""How to write down a call, so that a test can perform it in an event loop and await its twin."""

import inspect
import operator
from collections.abc import Callable, Iterator, Mapping
from contextlib import AbstractContextManager
from dataclasses import dataclass
from functools import partial
from types import GeneratorType
from typing import Any, Final

from django.utils.functional import cached_property
from django.utils.module_loading import import_string
from world import World

#: Python performs these without calling the method of that name, or without there being one.
_OPERATORS: Final[dict[str, Callable[..., Any]]] = {
    "__bool__": bool,
    "__contains__": operator.contains,
    "__iter__": iter,
    "__repr__": repr,
}


@dataclass(frozen=True, slots=True)
class Arguments:
    """The arguments of a call."""

    positional: tuple[Any, ...]
    named: Mapping[str, Any]


Make = Callable[[World], Any]
Operation = Callable[[], object]
ArgumentsOf = Arguments | Callable[[World], Arguments]


@dataclass(frozen=True, slots=True)
class Recipe:
    """A call: on which object, with which arguments. Both are made before the event loop runs."""

    receiver: Make | None
    arguments: ArgumentsOf

    def prepared(self, name: str, world: World) -> "Prepared":
        """The call of this name, ready to be made."""
        receiver = self.receiver(world) if self.receiver else None
        made = self.arguments if isinstance(self.arguments, Arguments) else self.arguments(world)
        return Prepared(name, receiver, made)


@dataclass(frozen=True, slots=True)
class Prepared:
    """A call that only has to be made."""

    name: str
    receiver: Any
    arguments: Arguments

    def make(self, *more: Any, **named: Any) -> Any:
        """Perform it. What is lazy in the result (a generator, a context manager) is put to use."""
        result = self._result(Arguments((*self.arguments.positional, *more), named))
        if isinstance(result, GeneratorType):
            return list(result)
        if isinstance(result, AbstractContextManager) and hasattr(result, "gen"):
            return result.__enter__()
        return result

    def _result(self, arguments: Arguments) -> Any:
        positional, named = arguments.positional, {**self.arguments.named, **arguments.named}
        if self.receiver is None:
            return import_string(self.name)(*positional, **named)
        attribute = self.name.rpartition(".")[2]
        if attribute in _OPERATORS:
            return _OPERATORS[attribute](self.receiver, *positional)
        static = inspect.getattr_static(type(self.receiver), attribute, None)
        value = getattr(self.receiver, attribute)
        if isinstance(static, property | cached_property) and not callable(value):
            return value
        return value(*positional, **named)

    def twin(self, twin: str) -> Callable[..., Any] | None:
        """The twin of this name, if the installed Django has it."""
        if self.receiver is not None:
            found: Callable[..., Any] | None = getattr(self.receiver, twin, None)
            return found
        try:
            function: Callable[..., Any] = import_string(twin)
        except ImportError:
            return None
        return function


def args(*positional: Any, **named: Any) -> Arguments:
    """Arguments, as in a call."""
    return Arguments(positional, named)


def methods(owner: str, receiver: Make, **calls: ArgumentsOf) -> Iterator[tuple[str, Recipe]]:
    """Recipes for methods and properties of this class, called on an object like this."""
    for name, arguments in calls.items():
        yield f"{owner}.{name}", Recipe(receiver, arguments)


def functions(module: str, **calls: ArgumentsOf) -> Iterator[tuple[str, Recipe]]:
    """Recipes for functions and classes of this module."""
    for name, arguments in calls.items():
        yield f"{module}.{name}", Recipe(None, arguments)


def after(prepare: Make, action: Callable[[Any], object]) -> Callable[[World], Operation]:
    """An operation on what is prepared before the event loop runs."""
    return lambda world: partial(action, prepare(world))


def nothing(*names: str) -> dict[str, Arguments]:
    """No arguments for each of these names."""
    return dict.fromkeys(names, args())
