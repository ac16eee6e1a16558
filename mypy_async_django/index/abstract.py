"""Abstract values, and what a function does with them: the vocabulary of summaries.

A function is described in terms of its parameters; each call substitutes its arguments. Everything
here is immutable, compares by value and names classes and functions by their full names.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, fields, is_dataclass
from typing import Any, Final

from mypy_async_django.catalogue.row import Effect

Names = tuple[str, ...]

ITEM: Final = "[]"
"""The step of an access path from a collection to one of its items."""
SLICE: Final = "[:]"
"""The step from a collection to a part of it, which has items of the same kind."""
CALLED: Final = "()"
"""Ends the step of an access path to the result of a method: ``all()``."""
ALL: Final = f"all{CALLED}"
"""The step from a manager of related rows to all of them."""
CALL: Final = ("__call__",)
"""What a class decides for a value that is called."""


@dataclass(frozen=True, slots=True)
class Value:
    """A value of which nothing is known; the subclasses know more."""


UNKNOWN: Final = Value()


@dataclass(frozen=True, slots=True)
class Literal(Value):
    """A constant: None, a bool, a number, a string or an enum member.

    ``kind`` is the full name of its class, ``text`` its ``repr`` or the name of the member.
    """

    kind: str
    text: str

    @property
    def is_none(self) -> bool:
        """Whether it is None."""
        return self.kind == _NONE

    @property
    def is_true(self) -> bool:
        """Whether a truth test holds for it."""
        return self.text not in _FALSE


_NONE: Final = "None"
_FALSE: Final = frozenset({"None", "False", "0", "''", "b''"})
NONE: Final = Literal(_NONE, "None")


@dataclass(frozen=True, slots=True)
class Of(Value):
    """What an access path from a parameter leads to: ``("book", "author")``.

    ``declared`` is what is known of it whatever the caller passes.
    """

    path: Names
    declared: Value = UNKNOWN


@dataclass(frozen=True, slots=True)
class Member(Value):
    """What one step from another value leads to; a step that ends in ``*`` is a prefix."""

    owner: Value
    step: str
    declared: Value = UNKNOWN


@dataclass(frozen=True, slots=True)
class Entry(Value):
    """What a dict has under a key."""

    owner: Value
    key: Value


@dataclass(frozen=True, slots=True)
class Variable(Value):
    """A variable of a module or class, by its full name."""

    name: str


@dataclass(frozen=True, slots=True)
class Instance(Value):
    """An instance of a class, or of a subclass that is not known.

    ``item`` is a value that iterating it yields. ``is_loaded`` says of a queryset or related manager whether
    its rows are in memory, None if that is not known. ``given`` is the access path to it from a row
    of the caller, the row's key first: the caller knows what is loaded. With it, ``class_`` is empty
    where the class is unknown. ``kept`` is what the caller has stored in attributes.
    """

    class_: str
    may_be_none: bool = False
    item: Value = UNKNOWN
    is_loaded: bool | None = False
    given: Names = ()
    kept: tuple[tuple[str, Value], ...] = ()


@dataclass(frozen=True, slots=True)
class Items(Value):
    """A list, tuple or set, of whose items this is known; it may be empty where it says so."""

    item: Value
    is_empty: bool | None = None


@dataclass(frozen=True, slots=True)
class Passed:
    """An argument of a call: its kind as mypy counts them, its keyword, and its value."""

    kind: int
    name: str | None
    value: Value


Arguments = tuple[Passed, ...]


@dataclass(frozen=True, slots=True)
class Created(Value):
    """A new instance of a class, by the arguments of its constructor."""

    class_: str
    arguments: Arguments = ()


@dataclass(frozen=True, slots=True)
class ClassObject(Value):
    """A class itself."""

    class_: str


@dataclass(frozen=True, slots=True)
class Function(Value):
    """A named function, or a method with its receiver."""

    name: str
    receiver: Value | None = None


@dataclass(frozen=True, slots=True)
class Partial(Value):
    """A function with its first arguments: ``functools.partial(f, x)``."""

    function: Value
    arguments: Arguments


@dataclass(frozen=True, slots=True)
class Closure(Value):
    """A lambda or nested function: its summary, and the values of the variables around it.

    ``name`` is the full name of the function that it stands in.
    """

    name: str
    summary: Any
    captured: tuple[tuple[str, Value], ...] = ()


@dataclass(frozen=True, slots=True)
class Getter(Value):
    """A function that follows access paths from its argument: ``attrgetter("author.name")``."""

    paths: tuple[Names, ...]


@dataclass(frozen=True, slots=True)
class Performs(Value):
    """A function of the catalogue, as its effect and title: ``Book.objects.count``."""

    effect: Effect
    title: str


@dataclass(frozen=True, slots=True)
class ResultOf(Value):
    """What a call returns; ``declared`` is what is known of it whatever the function does."""

    function: Value
    arguments: Arguments
    declared: Value = UNKNOWN


@dataclass(frozen=True, slots=True)
class OneOf(Value):
    """One of several values, by the text of its key where a key chooses."""

    values: tuple[tuple[str, Value], ...]


@dataclass(frozen=True, slots=True)
class Packed(Value):
    """What ``*args`` and ``**kwargs`` hold: further arguments as they came in."""

    arguments: Arguments


@dataclass(frozen=True, slots=True)
class Condition:
    """A condition that always holds; the subclasses depend on parameters."""


ALWAYS: Final = Condition()


@dataclass(frozen=True, slots=True)
class Chosen(Value):
    """One of several values, each with a condition without which it is not the one."""

    values: tuple[tuple[Condition, Value], ...]


@dataclass(frozen=True, slots=True)
class Test(Condition):
    """A test of one value: ``kind`` says which, ``operands`` with what.

    The kinds: "none", "true", "equals" one of some literals, "instance" of one of some classes,
    "coroutine function", "callable", and of `AWAITED` "awaited".
    """

    __test__ = False

    value: Of
    kind: str
    operands: tuple[Value | str, ...] = ()

    def moved(self, parameter: str) -> "Test":
        """The same test of another function's parameter, which gets the same value."""
        return Test(Of((parameter, *self.value.path[1:])), self.kind, self.operands)


AWAITED: Final = Test(Of(("await",)), "awaited")
"""That the result of the call is awaited; no parameter can have this name."""


@dataclass(frozen=True, slots=True)
class Not(Condition):
    """A condition that does not hold."""

    condition: Condition


@dataclass(frozen=True, slots=True)
class All(Condition):
    """Several conditions that all hold."""

    conditions: tuple[Condition, ...]


@dataclass(frozen=True, slots=True)
class Either(Condition):
    """Several conditions of which one holds."""

    conditions: tuple[Condition, ...]


@dataclass(frozen=True, slots=True)
class Operation:
    """An operation of the catalogue, by its title: ``QuerySet.count``."""

    effect: Effect
    title: str


@dataclass(frozen=True, slots=True)
class Call:
    """A call of a known function of the project, or of a variable that holds one.

    ``is_virtual`` says that the class of the receiver decides which override runs; not so behind
    ``super()``. ``is_awaited`` says that the result is the operand of an ``await``.
    """

    function: str
    receiver: Value | None = None
    arguments: Arguments = ()
    is_virtual: bool = True
    is_awaited: bool = False


@dataclass(frozen=True, slots=True)
class Dispatch:
    """What the class of a value decides: a method that is called, or runs implicitly.

    ``names`` are the methods that Python tries, the first that the class has. ``is_read`` says that
    the attribute is only read: then it counts if it is a property.
    """

    value: Value
    names: Names
    arguments: Arguments = ()
    is_read: bool = False


@dataclass(frozen=True, slots=True)
class Follow:
    """An attribute of a value that is read, or a use of its rows: a query unless it is loaded.

    Only a caller that knows which row the value comes from can tell.
    """

    value: Value
    name: str


@dataclass(frozen=True, slots=True)
class Action:
    """Something that a function does, and when.

    ``memo`` is what keeps its result beyond the call, so that it happens the first time only: the
    object whose attribute keeps it, or ``UNKNOWN`` for a variable of the process.
    """

    does: Operation | Call | Dispatch | Follow
    when: Condition = ALWAYS
    memo: Value | None = None


@dataclass(frozen=True, slots=True)
class Parameter:
    """A parameter of a function: its name, its kind as mypy counts them, and its default."""

    name: str
    kind: int
    default: Value | None = None


@dataclass(frozen=True, slots=True)
class Way:
    """The call chain from a call to an operation: full names of functions, the operation's title last.

    ``is_memo`` says that a function of the chain caches the result: it happens the first time only.
    """

    steps: Names
    is_memo: bool = False


_MOST_INSIDE: Final = 40

CALLABLES: Final = Function | Closure | Partial | Getter | Performs | ClassObject | OneOf
"""Values that can be called, as is plain."""


def either(values: Iterable[Value]) -> Value:
    """What several values are: the one that all are, or one of several functions."""
    distinct = list(dict.fromkeys(values))
    if len(distinct) == 1:
        return distinct[0]
    if distinct and all(isinstance(value, CALLABLES) for value in distinct):
        return OneOf(tuple(("", value) for value in distinct))
    return UNKNOWN


def step_to(key: Value) -> str:
    """The step from a collection to what it has under a key; any item where that is not known."""
    return f"[{key.kind}:{key.text}]" if isinstance(key, Literal) else ITEM


def roots(part: object) -> Iterator[str]:
    """The parameters that a value, condition or call depends on."""
    match part:
        case Of(path=(name, *_)):
            yield name
        case Closure(summary=summary):
            own = {parameter.name for parameter in summary.parameters}
            yield from (name for name in roots(tuple(summary.actions)) if name not in own)
        case _:
            for each in _inside(part):
                yield from roots(each)


def row_keys(part: object) -> Iterator[str]:
    """The keys of the caller's rows that a value, or a call or another use, has in it."""
    match part:
        case Instance(given=(key, *_)):
            yield key
        case _:
            for each in _inside(part):
                yield from row_keys(each)


def is_small(value: Value) -> bool:
    """Whether a value has few others in it: what a recursion makes of its arguments may grow."""
    seen, stack = 0, list[object]([value])
    while stack and seen <= _MOST_INSIDE:
        part = stack.pop()
        seen += isinstance(part, Value)
        stack += _inside(part.captured if isinstance(part, Closure) else part)
    return seen <= _MOST_INSIDE


def _inside(part: object) -> Iterable[object]:
    if isinstance(part, tuple):
        return part
    return (getattr(part, field.name) for field in fields(part)) if is_dataclass(part) else ()
