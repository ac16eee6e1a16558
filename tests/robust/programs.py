"""Random programs with all of Python's syntax; what they do makes no sense."""

import re
import warnings
from typing import Final, Protocol, TypeVar

from hypothesis import strategies as st

FAILED: Final = re.compile(r"mypy.async.django (?:\S+ )?failed")
"""What the plugin says of a failure of its own, in one rule or of all."""

T = TypeVar("T")

NAMES: Final = ("a", "b", "time", "Box", "f", "g", "loop", "asyncio")
HEAD: Final = """\
import asyncio
import functools
import time
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager, suppress
from typing import Any, NamedTuple, TypedDict

a = b = 1
loop = asyncio.new_event_loop()


class Box:
    value = 1

    @property
    def read(self) -> "Box":
        time.sleep(1)
        return self

    def __bool__(self) -> bool:
        time.sleep(1)
        return True

    def __iter__(self) -> "Iterator[Box]":
        yield self

    async def send(self) -> None: ...


def f(*args: Any) -> Any:
    time.sleep(1)


async def g(*args: Any) -> int:
    return 1
"""
# "E" is an expression, "N" a name, "B" a block, "P" a pattern.
EXPRESSIONS: Final = (
    "E + E", "E and E", "E or not E", "E < E <= E", "E in E", "-E", "E if E else E", "E(E)",
    "E(E, *E, k=E, **E)", "E.read", "E.send()", "E[E]", "E[E:E]", "E[::E]", "E[E, ...]",
    "(E, *E)", "[E, *E]", "{E, *E}", "{E: E, **E}", "[E for N in E if E]",
    "{E for N in E for N in E}", "{E: E for N in E}", "(E for N in E)", "lambda: E",
    "lambda N, *x, y=E, **z: E", "(N := E)", "f'{E}{E!r:>{E}}'", "'' % E", "'{}'.format(E)",
    "time.sleep(E)", "f(E)", "g(E)", "Box().read", "asyncio.gather(E, E)", "functools.partial(E, E)",
    "asyncio.create_task(g(E))", "super().read", "E is not None", "isinstance(E, Box)",
    "asyncio.run(g())", "b''", "1j", "...", "E @ E",
)  # fmt: skip
COROUTINES: Final = (
    "await E", "await g(E)", "[E async for N in E]", "{await E: E for N in E}",
    "(await E for N in E)", "loop.run_in_executor(None, E)", "await asyncio.to_thread(E, E)",
)  # fmt: skip
STATEMENTS: Final = (
    "E", "N = E", "N = N = E", "N, *N = E", "[N, (N, N)] = E", "N: Any = E", "N: int", "N += E",
    "E.x = E", "E[E] = E", "del N", "del E.x", "del E[E]", "assert E, E", "return", "return E",
    "raise", "raise E from E", "pass", "global a", "import time as N", "from time import sleep as N",
    "if E:B\nelif E:B\nelse:B", "while E:B\nelse:B", "while True:B", "for N in E:B\nelse:B",
    "for N, (N, *N) in E:B", "with E as N, E:B", "with E as (N, N):B", "with suppress(E):B",
    "try:B\nfinally:B", "try:B\nexcept:B", "try:B\nexcept (E, E) as N:B\nelse:B\nfinally:B",
    "try:B\nexcept* E as N:B", "match E:\n    case P:B\n    case P if E:B",
    "def inner(x, y=E, *z, k: Any = E, **w) -> Any:B\n    yield E\ninner(E)",
    "def inner():\n    nonlocal_ = 1\n    def deeper():\n        nonlocal nonlocal_\n        nonlocal_ = E",
    "@E\ndef inner(x):B", "async def inner(x):B", "class Inner(Box):B", "@E\nclass Inner:B",
    "@contextmanager\ndef inner() -> Iterator[int]:B\n    yield E\nwith inner() as N:B",
    "yield_ = [*E]", "type X = int", "def inner[T](x: T) -> T:B\n    return x",
)  # fmt: skip
IN_COROUTINES: Final = (
    "async for N in E:B\nelse:B", "async with E as N, E:B", "await asyncio.sleep(1)",
    "try:\n    await E\nexcept asyncio.CancelledError:B", "async with asyncio.TaskGroup() as N:B",
    "while not N:\n    await asyncio.sleep(E)",
)  # fmt: skip
PATTERNS: Final = (
    "_", "x", "1", "-1", "'x'", "None", "P | P", "[P, *_]", "(P, P)", "{'k': P, **rest}",
    "Box(value=P)", "Box(P)", "P as y", "Box.value", "[*_]", "int()",
)  # fmt: skip
TYPES_HEAD: Final = """\
from collections.abc import Awaitable, Callable, Coroutine, Iterable
from typing import (
    Annotated, Any, ClassVar, Generic, Literal, NamedTuple, Never, NewType, NotRequired, ParamSpec,
    Protocol, Self, TypedDict, TypeVar, TypeVarTuple, Union, Unpack, overload,
)

T = TypeVar("T")
B = TypeVar("B", bound="Node")
C = TypeVar("C", str, "Node")
P = ParamSpec("P")
Ts = TypeVarTuple("Ts")
Tree = list["Tree | str"]
Either = Union["Or", Callable[[], "Either"], None]
Or = Union[dict[str, "Either"], "Node"]
Json = dict[str, "Json"] | list["Json"] | str
Wrapped = NewType("Wrapped", "Node")


class Node(Generic[T]):
    inside: "Node[Node[T]]"

    def send(self) -> Self:
        return self

    def __iter__(self) -> "Iterable[Node[T]]": ...
    def __await__(self): ...
    @overload
    def __getitem__(self, key: int) -> "Node[int]": ...
    @overload
    def __getitem__(self, key: str) -> Awaitable["Node[str]"]: ...
    def __getitem__(self, key: Any) -> Any: ...


class Endless(Protocol):
    def send(self) -> "Endless": ...


class Pair(NamedTuple):
    left: "Pair | None"
    right: Tree


class Row(TypedDict, total=False):
    row: "Row"
    rows: NotRequired["list[Row]"]


class Own(list["Own"], Generic[T]): ...
"""
TYPES: Final = (
    "Tree", "Either", "Or", "Json", "Wrapped", "Node", "Node[T]", "Node[Any]", "Endless", "Pair", "Row",
    "Own", "Own[T]", "T", "B", "C", "type[T]", "type[B]", "type[Node[int]]", "Never", "None", "object",
    "Callable[P, T]", "Callable[..., Tree]", "tuple[Unpack[Ts]]", "tuple[int, ...]", "tuple[()]",
    "tuple[int, Unpack[Ts], Tree]", "Annotated[Tree, 1]", "Literal[1, 'a', None]", "Awaitable[Either]",
    "Coroutine[Any, Any, Tree]", "Awaitable[Awaitable[T]]", "Iterable[Iterable[B]]", "int | Tree | None",
    "dict[Tree, Or]", "Callable[[], Coroutine[Any, Any, Callable[[], Tree]]]", "undefined", "list[undefined]",
    "Node[undefined, T]", "1", "'Tree'", "type[Tree]", "Callable[[Never], Never]", "ClassVar[int]",
)  # fmt: skip
USES: Final = (
    "x", "x()", "await x", "await x()", "x.send()", "await x.send()", "x[0]", "x['row']", "f'{x}'",
    "[y for y in x]", "[y async for y in x]", "x.inside.inside.send()", "x if x else None", "x == x",
    "functools.partial(x)()", "asyncio.to_thread(x)", "asyncio.create_task(x)", "bool(x)", "x.left.left.right",
    "list(map(x, x))", "isinstance(x, Node) and x.send()", "(lambda: x)()", "asyncio.run(x)",
)  # fmt: skip
LONGEST: Final = 14
# Nested calls of generic functions take mypy exponential time.
DEEPEST: Final = 4
# Definitions and imports that are there no more, a star in their place.
WRONG_HEAD: Final = """\
import time
from typing import Any
from asyncio import *
from functools import *
from nowhere import *
from nowhere import Box as Elsewhere, suppress
from programs import neighbour
import missing.module as b

a: undefined = 1


def __getattr__(name): ...


class Box(Elsewhere, neighbour.Base, metaclass=undefined):
    value = undefined

    def __getattr__(self, name):
        return time.sleep

    async def send(self) -> "Nothing": ...
    def send(self): ...


def f(*args: undefined, **kwargs) -> "missing.Thing":
    time.sleep(undefined)


@undefined
async def g(*args) -> 1: ...
"""
WRONG_EXPRESSIONS: Final = (
    "undefined", "undefined(E)", "E.nothing", "E.nothing.more(E)", "b.Thing(E)", "neighbour.go(E)",
    "getattr(E, 'send')(E)", "getattr(time, E)(1)", "globals()['f'](E)", "__import__('time').sleep(1)",
    "E(*E, *E, E, **E, **E)", "type('Made', (Box, E), {})", "f.value(E)", "None.read", "1(E)",
    "Box[E]", "Box.send(E, E, E)", "super(E, E).x", "(yield)", "eval('f')(E)", "self.x.y",
    "sleep(1)", "gather(E)", "partial(E)(E)", "reveal_type(E)", "reveal_locals()",
)  # fmt: skip
WRONG_STATEMENTS: Final = (
    "setattr(E, 'x', E)", "f.extra = E", "Box.read = E", "E.send = E", "N = N", "from x import N",
    "f: int = E", "class Box(Box):B", "def f(): ...", "async def f(f=E):B", "import asyncio.N as N",
    "N: undefined = E", "for N in 1:B", "with 1 as N:B", "del undefined", "raise 1 from 2",
    "@undefined.x(E)\nclass Inner(E, k=E):B", "class Inner(Inner): x: 'Inner' = E",
    "match E:\n    case Undefined(P, x=P):B", "try:B\nexcept undefined:B", "assert (E, E)",
)  # fmt: skip


class Draw(Protocol):
    """Takes a value from a strategy."""

    def __call__(self, strategy: st.SearchStrategy[T]) -> T:
        """The value."""
        ...


class Writer:
    """Writes functions out of what it draws; each part of a statement costs some of its length.

    ``wrong`` ones use names that nobody defines, and define things twice or in some strange way.
    """

    def __init__(self, draw: Draw, *, wrong: bool = False) -> None:
        self._draw = draw
        self._head = WRONG_HEAD if wrong else HEAD
        self._expressions = EXPRESSIONS + (WRONG_EXPRESSIONS if wrong else ())
        self._statements = STATEMENTS + (WRONG_STATEMENTS if wrong else ())
        self._left = 0
        self._depth = 0
        self._is_coroutine = False

    def program(self) -> str:
        """A module that Python can read."""
        heads = (
            "async def v(a: Box, b: Any) -> Any:",
            "async def w(a, b):",
            "def x(a: Box, b: Any) -> Any:",
            "def y(a, b):",
            "if True:",
        )
        return "\n\n".join([self._head, *map(self._part, heads)])

    def _part(self, head: str) -> str:
        self._is_coroutine = head.startswith("async")
        part = head + "\n    pass"
        for _ in range(4):
            self._left = LONGEST
            longer = f"{part}\n{indented(self._statement())}"
            part = longer if is_readable(longer) else part
        return part

    def _statement(self) -> str:
        return self._filled(self._statements + (IN_COROUTINES if self._is_coroutine else ()), "E")

    def _expression(self) -> str:
        templates = self._expressions + (COROUTINES if self._is_coroutine else ())
        return f"({self._filled(templates, 'N')})"

    def _filled(self, templates: tuple[str, ...], short: str) -> str:
        self._left -= 1
        self._depth += 1
        is_short = self._left <= 0 or self._depth > DEEPEST
        template = short if is_short else self._draw(st.sampled_from(templates))
        written = ""
        for i, letter in enumerate(template):
            alone = not (template[i - 1 : i].isalnum() or template[i + 1 : i + 2].isalnum())
            written += self._hole(letter, template[:i]) if alone and letter in "ENBP" else letter
        self._depth -= 1
        return written

    def _hole(self, letter: str, before: str) -> str:
        match letter:
            case "E":
                return self._expression()
            case "N":
                return self._draw(st.sampled_from(NAMES))
            case "P":
                return self._filled(PATTERNS, "_")
            case _:
                line = before.rpartition("\n")[2]
                depth = len(line) - len(line.lstrip())
                return "\n" + indented(self._statement(), depth + 4)


def of_all_types() -> str:
    """A module with functions that do all there is to do with values of each type."""
    lines = [TYPES_HEAD, "import asyncio, functools"]
    for n, type_ in enumerate(TYPES):
        for head in (f"def f{n}", f"async def g{n}"):
            lines.append(f"{head}(x: {type_}, *rest: {type_}, **more: {type_}) -> {type_}:")
            # What comes after something that gives Never would be left out.
            lines += [f"    if rest: {use}" for use in USES]
            lines.append(f"    return f{n}(x)")
        lines.append(f"async def h{n}(x):\n    return g{n}(f{n}(x))")
    return "\n".join(lines)


def indented(text: str, depth: int = 4) -> str:
    """The lines of a text, further to the right."""
    return "\n".join(" " * depth + line for line in text.splitlines())


def is_readable(text: str) -> bool:
    """Whether Python takes a program."""
    with warnings.catch_warnings(action="ignore", category=SyntaxWarning):
        try:
            compile(text, "", "exec", dont_inherit=True)
        except SyntaxError:
            return False
    return True
