"""What calls what in Django, read from its source and the classes it makes.

Receivers are told by their names, which Django chooses alike everywhere. What is missed that way is
missed: this finds candidates, running them decides.
"""

import ast
import inspect
from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass
from itertools import chain
from types import FunctionType, ModuleType
from typing import Any, Final

from django.contrib.sessions.backends.base import SessionBase
from django.db.backends.base.base import BaseDatabaseWrapper
from django.db.models import Model, QuerySet
from django.db.transaction import Atomic

#: What Django calls the variables and attributes that hold one.
_NAMES: Final[dict[str, type]] = {
    "_base_manager": QuerySet,
    "_default_manager": QuerySet,
    "connection": BaseDatabaseWrapper,
    "instance": Model,
    "manager": QuerySet,
    "obj": Model,
    "object": Model,
    "objects": QuerySet,
    "qs": QuerySet,
    "queryset": QuerySet,
    "session": SessionBase,
}
_MAKERS: Final[dict[str, type]] = {
    "_get_queryset": QuerySet,
    "atomic": Atomic,
    "get_connection": BaseDatabaseWrapper,
    "get_queryset": QuerySet,
}
_SAME_CLASS: Final = frozenset(
    {"all", "distinct", "exclude", "filter", "only", "order_by", "select_related", "using"}
)
_LATER: Final = ast.Lambda | ast.FunctionDef | ast.AsyncFunctionDef | ast.GeneratorExp


@dataclass(frozen=True, slots=True)
class Function:
    """A sync function or method by its full name."""

    name: str
    node: ast.FunctionDef
    module: ModuleType
    owner: type | None

    @property
    def is_guarded(self) -> bool:
        """Whether Django marks it as ``async_unsafe``."""
        return any("async_unsafe" in ast.unparse(mark) for mark in self.node.decorator_list)

    def callees(self) -> Iterator[str | None]:
        """The full names of what it calls itself, and of the properties that it reads."""
        for node in _own_nodes(self.node):
            match node:
                case ast.Call(func=ast.Name(name)):
                    yield _full_name(vars(self.module).get(name))
                case ast.Attribute(value=ast.Call(func=ast.Name("super")), attr=name):
                    yield _method(self._bases(), name)
                case ast.Attribute(value=value, attr=name):
                    yield self._attribute(value, name)
                case ast.Subscript(value=value, slice=ast.expr() as index) if not isinstance(
                    index, ast.Slice
                ):
                    yield self._method(value, "__getitem__")
                case ast.For(iter=value) | ast.comprehension(iter=value):
                    yield self._method(value, "__iter__")
                case ast.withitem(context_expr=value):
                    yield self._method(value, "__enter__")
                case _:
                    pass

    def _bases(self) -> tuple[type, ...]:
        return self.owner.__mro__[1:] if self.owner else ()

    def _attribute(self, value: ast.expr, name: str) -> str | None:
        found = vars(self.module).get(value.id) if isinstance(value, ast.Name) else None
        if _module(found):
            return _full_name(getattr(found, name, None))
        return self._method(value, name)

    def _method(self, value: ast.expr, name: str) -> str | None:
        found = self._class_of(value)
        return _method(found.__mro__, name) if found else None

    def _class_of(self, value: ast.expr) -> type | None:
        match value:
            case ast.Name("self" | "cls"):
                return self.owner
            case ast.Name(name) | ast.Attribute(attr=name) if name in _NAMES:
                return _NAMES[name]
            case ast.Subscript(value=ast.Name("connections")):
                return BaseDatabaseWrapper
            case ast.Call(func=ast.Name(name) | ast.Attribute(attr=name)) if name in _MAKERS:
                return _MAKERS[name]
            case ast.Call(func=ast.Attribute(value=source, attr=name)) if name in _SAME_CLASS:
                return self._class_of(source)
            case ast.Call(func=ast.Name() | ast.Attribute(value=ast.Name()) as made):
                return self._class_of(made)
            case ast.Name(name):
                return _class(vars(self.module).get(name))
            case ast.Attribute(value=ast.Name(name), attr=attribute):
                return _class(getattr(_module(vars(self.module).get(name)), attribute, None))
            case _:
                return None


def reaching(modules: Iterable[ModuleType], ends: Collection[str]) -> dict[str, str]:
    """What reaches one of the ``ends``, or what is guarded, and the function it calls for that."""
    functions = list(chain.from_iterable(map(_functions, modules)))
    callers: dict[str, set[str]] = defaultdict(set)
    for function in functions:
        for callee in filter(None, function.callees()):
            callers[callee].add(function.name)
    found: dict[str, str] = {}
    todo = [*ends, *(function.name for function in functions if function.is_guarded)]
    for name in todo:
        new = callers[name] - found.keys()
        found.update(dict.fromkeys(new, name))
        todo += new
    return found


def _functions(module: ModuleType) -> Iterator[Function]:
    try:
        tree = ast.parse(inspect.getsource(module))
    except OSError:
        return  # an empty file
    yield from _of_body(tree.body, module, None)


def _of_body(body: list[ast.stmt], module: ModuleType, owner: type | None) -> Iterator[Function]:
    for node in body:
        match node:
            case ast.FunctionDef(name=name):
                where = f"{module.__name__}.{owner.__qualname__}" if owner else module.__name__
                yield Function(f"{where}.{name}", node, module, owner)
            case ast.ClassDef(name=name):
                found = vars(owner or module).get(name)
                if inspect.isclass(found):
                    yield from _of_body(node.body, module, found)
            case _:
                pass


def _own_nodes(node: ast.AST) -> Iterator[ast.AST]:
    for child in ast.iter_child_nodes(node):
        if not isinstance(child, _LATER):
            yield child
            yield from _own_nodes(child)


# Not isinstance(): a lazy object (the admin's site) would be set up by the question.
def _class(value: Any) -> type | None:
    return value if issubclass(type(value), type) else None


def _module(value: Any) -> ModuleType | None:
    return value if issubclass(type(value), ModuleType) else None


def _full_name(value: Any) -> str | None:
    if found := _class(value):
        return _method(found.__mro__, "__init__")
    if issubclass(type(value), FunctionType):
        function = inspect.unwrap(value)
        return f"{function.__module__}.{function.__qualname__}"
    return None


def _method(mro: Iterable[type], name: str) -> str | None:
    owner = next((base for base in mro if name in vars(base)), None)
    if owner is None:
        return None
    # A manager's methods are made of a queryset's.
    method = getattr(vars(owner)[name], "__wrapped__", None)
    return _full_name(method) or f"{owner.__module__}.{owner.__qualname__}.{name}"
