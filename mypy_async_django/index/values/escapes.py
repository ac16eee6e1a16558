"""Objects that a body hands on: whoever gets one may load or change what it holds."""

from collections.abc import Iterator, Sequence

from mypy.nodes import (
    CallExpr,
    Decorator,
    Expression,
    FuncDef,
    FuncItem,
    MemberExpr,
    NameExpr,
    Node,
    RefExpr,
)

from mypy_async_django.bridge.models import MANAGER, QUERYSET, is_model
from mypy_async_django.bridge.tree import walk
from mypy_async_django.bridge.types import class_of, is_a, member
from mypy_async_django.index.syntax.body import Body, once
from mypy_async_django.index.values.library_calls import only_moves


def has_escaped(body: Body, value: Expression, before: Node) -> bool:
    """Whether the object behind a local name was given away before a node is evaluated.

    So it is as an argument of a call, or by a function or lambda that uses the name. A call of a
    builtin, of a query method or of a string's only looks at it; so does one that gets an attribute of it.
    """
    if not isinstance(value, NameExpr):
        return False
    makers = body.definition_sites(value)
    return any(
        name is not value
        and makers & body.definition_sites(name)
        and body.flow.reaches(place, before)
        for place, name in escapes(body)
    )


@once
def escapes(body: Body) -> Sequence[tuple[Node, NameExpr]]:
    """Where names are handed on, with the name as it stands there."""
    return tuple(_each_escape(body))


def _each_escape(body: Body) -> Iterator[tuple[Node, NameExpr]]:
    for node in body.nodes:
        match node:
            case CallExpr() if not _only_looks(body, node):
                if isinstance(node.callee, MemberExpr) and _gets_itself(body, node.callee):
                    yield from ((node, name) for name in _names(body, node.callee.expr))
                for argument in node.args:
                    yield from ((node, name) for name in _names(body, argument))
            case FuncItem():
                for inner in walk(node):
                    if isinstance(inner, NameExpr):
                        yield node, inner
            case _:
                pass


def _names(body: Body, argument: Expression) -> Iterator[NameExpr]:
    """The names in an argument whose objects, not only whose attributes, are given."""
    looked_into: set[Node] = set()
    for node in walk(argument):
        if isinstance(node, MemberExpr) and not _gets_itself(body, node):
            looked_into.add(node.expr)
        elif isinstance(node, NameExpr) and node not in looked_into:
            yield node


def _only_looks(body: Body, call: CallExpr) -> bool:
    callee = call.callee
    if only_moves(body, call):
        return True
    if isinstance(callee, RefExpr) and callee.fullname.startswith("builtins."):
        return callee.fullname != "builtins.setattr"
    if isinstance(callee, MemberExpr):
        info = class_of(body.type_of(callee.expr))
        if "create" in callee.name:
            return False  # the new row may be the other side of a one-to-one
        return info is not None and is_a(info, QUERYSET, MANAGER, "builtins.str")
    return False


def _gets_itself(body: Body, method: MemberExpr) -> bool:
    """Whether a method of a model's own may load, or set, what the instance it is called on holds."""
    info = class_of(body.type_of(method.expr))
    own = member(info, method.name) if info is not None and is_model(info) else None
    if own is None or own[0].fullname.startswith("django."):
        return False
    node = own[1].node
    function = node.func if isinstance(node, Decorator) else node
    if not isinstance(function, FuncDef) or function.is_property:
        return False
    return body.effects is None or not body.effects.leaves_itself_alone(function)
