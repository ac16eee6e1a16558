"""What Python gets from values by their special methods: operators, ``await``, ``for``, ``with``."""

from typing import Final

from mypy.maptype import map_instance_to_supertype
from mypy.nodes import ARG_POS
from mypy.typeops import tuple_fallback
from mypy.types import (
    CallableType,
    Instance,
    Overloaded,
    ProperType,
    TupleType,
    UninhabitedType,
    UnionType,
)

from mypy_async_django.bridge.calls import Arguments
from mypy_async_django.bridge.members import Members, union
from mypy_async_django.bridge.types import alternatives, known

_GENERATOR: Final = "typing.Generator"


def operated(
    members: Members, owner: ProperType, method: str, operand: ProperType
) -> ProperType | None:
    """The type of the result of a binary operator's method, if it takes the operand."""
    callee = members.attribute(owner, method)
    if isinstance(callee, CallableType):
        callee = Overloaded([callee])  # so that the operand is looked at
    return callee and members.call(callee, Arguments([operand], [ARG_POS], [None]))


def awaited(members: Members, awaitable: ProperType | None) -> ProperType | None:
    """The type of ``await awaitable``."""
    if awaitable is None or isinstance(awaitable, UninhabitedType):
        return awaitable
    if isinstance(awaitable, UnionType):
        return union([awaited(members, item) for item in alternatives(awaitable)])
    generator = members.call_method(awaitable, "__await__")
    base = members.standard(_GENERATOR).type
    if not isinstance(generator, Instance) or base not in generator.type.mro:
        return None
    return known(map_instance_to_supertype(generator, base).args[2])


def iterated(
    members: Members, iterable: ProperType | None, *, is_async: bool = False
) -> ProperType | None:
    """The type of the items of ``for item in iterable``, or of ``async for``."""
    if iterable is None or isinstance(iterable, UninhabitedType):
        return iterable
    if isinstance(iterable, UnionType):
        items = alternatives(iterable)
        return union([iterated(members, item, is_async=is_async) for item in items])
    if is_async:
        iterator = members.call_method(iterable, "__aiter__")
        return iterator and awaited(members, members.call_method(iterator, "__anext__"))
    whole = tuple_fallback(iterable) if isinstance(iterable, TupleType) else iterable
    iterator = members.call_method(whole, "__iter__")
    return iterator and members.call_method(iterator, "__next__")


def entered(members: Members, manager: ProperType, *, is_async: bool) -> ProperType | None:
    """The type of ``value`` in ``with manager as value``, or in ``async with``."""
    if is_async:
        return awaited(members, members.call_method(manager, "__aenter__"))
    return members.call_method(manager, "__enter__")
