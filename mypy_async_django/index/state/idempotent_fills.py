"""Idempotent fills: a collection keeps what is computed from a key, which may be computed twice.

``titles[pk] = await load_title(pk)`` does no harm if two coroutines do it, but ``clients[name] =
await connect(name)`` does: each has a connection of its own, and one of them is lost.
"""

from collections.abc import Iterator

from mypy.nodes import (
    AssignmentStmt,
    AwaitExpr,
    CallExpr,
    Expression,
    ExpressionStmt,
    FuncDef,
    IndexExpr,
    MemberExpr,
    NameExpr,
    Node,
    RefExpr,
    ReturnStmt,
    TypeInfo,
    Var,
)
from mypy.types import AnyType, ProperType, TypedDictType, UnionType, get_proper_type

from mypy_async_django.bridge.models import is_model
from mypy_async_django.bridge.tree import walk
from mypy_async_django.bridge.types import classes, is_a
from mypy_async_django.catalogue.queries import Access, query_method
from mypy_async_django.catalogue.shared import CONTAINERS, DATA_METADATA, PLAIN_DATA
from mypy_async_django.index.resolution.callees import named_function
from mypy_async_django.index.syntax.bindings import BindingKind
from mypy_async_django.index.syntax.body import Body


def is_idempotent_fill(body: Body, statement: AssignmentStmt) -> bool:
    """Whether an assignment to an item stores data that is computed from its key alone.

    Not if the function awaits anything else before it, which may be what should happen once.
    """
    target, value = statement.lvalues[0], statement.rvalue
    if not isinstance(target, IndexExpr):
        return False
    keys = {node.name for node in walk(target.index) if isinstance(node, NameExpr)}
    parts = list(_parts(body, value))
    if any(_creates(node) or not _is_given(body, node, keys) for node in parts):
        return False
    depends_on_key = any(isinstance(node, NameExpr) and node.name in keys for node in parts)
    if not depends_on_key or _awaits_before(body, statement):
        return False
    types = [body.type_of(value), body.type_of(target), *_returned(body, value)]
    found = next((type_ for type_ in types if type_ is not None), None)
    return found is None or _is_data(found)


def _awaits_before(body: Body, statement: AssignmentStmt) -> bool:
    """Whether a statement only awaits something, and control can flow from it to another."""
    return any(
        isinstance(node.expr, AwaitExpr) and body.flow.reaches(node.expr, statement)
        for node in body.every(ExpressionStmt)
    )


def _parts(body: Body, value: Expression) -> Iterator[Node]:
    """The nodes of a value, and of what the local names in it are bound to."""
    seen: set[Node] = set()
    stack: list[Expression] = [value]
    while stack:
        for node in walk(stack.pop()):
            if node in seen:
                continue
            seen.add(node)
            yield node
            if isinstance(node, NameExpr):
                bindings = body.flow.reaching(node)
                stack.extend(binding.value for binding in bindings if binding.value is not None)


def _is_given(body: Body, node: Node, keys: set[str]) -> bool:
    """Whether a name says no more than the key does, but for the objects whose methods are called."""
    match node:
        case NameExpr(name=name) if name in keys or _is_receiver(body, node):
            return True
        case NameExpr() if body.flow.is_local(node):
            kinds = {binding.kind for binding in body.flow.reaching(node)}
            return BindingKind.ARGUMENT not in kinds and BindingKind.AUGMENTED not in kinds
        case RefExpr(node=Var() as variable):
            is_constant = variable.is_final or variable.name.isupper()
            return is_constant or isinstance(node, MemberExpr) or _is_receiver(body, node)
        case _:
            return True


def _is_receiver(body: Body, name: Node) -> bool:
    """Whether only attributes of an object are used: ``client.get(key)``."""
    return isinstance(body.parent(name), MemberExpr)


def _creates(node: Node) -> bool:
    """Whether a node creates rows each time."""
    match node:
        case MemberExpr(name=name):
            return query_method(name.removeprefix("a")).accesses == (Access.CREATE,)
        case _:
            return False


def _returned(body: Body, value: Expression) -> Iterator[ProperType | None]:
    """The types of what a function of the module without annotations returns."""
    call = value.expr if isinstance(value, AwaitExpr) else value
    while isinstance(call, NameExpr):
        values = body.reaching_values(call)
        if len(values) != 1 or values[0] is call:
            return
        call = values[0].expr if isinstance(values[0], AwaitExpr) else values[0]
    named = named_function(body, call.callee) if isinstance(call, CallExpr) else None
    module = body.module
    if named is None or module is None or not _is_in(named.function, module.tree.fullname):
        return
    inside = module.body_of(named.function)
    for node in inside.every(ReturnStmt):
        if node.expr is not None:
            yield inside.type_of(node.expr)


def _is_in(function: FuncDef, module: str) -> bool:
    return "." in function.fullname and function.fullname.startswith(f"{module}.")


def _is_data(type_: ProperType) -> bool:
    """Whether a value is data, of which a second copy is as good as the first."""
    match type_:
        case UnionType(items=items):
            return all(_is_data(get_proper_type(item)) for item in items)
        case TypedDictType() | AnyType():
            return True
        case _:
            found = classes(type_)
            return all(map(_is_data_class, found)) and all(
                _is_data(get_proper_type(argument)) for argument in getattr(type_, "args", ())
            )


def _is_data_class(info: TypeInfo) -> bool:
    return (
        is_a(info, *PLAIN_DATA, *CONTAINERS)
        or is_model(info)
        or info.is_named_tuple
        or info.is_enum
        or any(name in base.metadata for base in info.mro for name in DATA_METADATA)
    )
