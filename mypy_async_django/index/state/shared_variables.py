"""Places that hold state: names, and attributes and constant keys of what a name stands for."""

from enum import Enum, auto
from typing import NamedTuple

from mypy.nodes import (
    GDEF,
    AssignmentStmt,
    CallExpr,
    DelStmt,
    Expression,
    FuncDef,
    IndexExpr,
    IntExpr,
    ListExpr,
    MemberExpr,
    NameExpr,
    OperatorAssignmentStmt,
    RefExpr,
    StarExpr,
    StrExpr,
    SymbolNode,
    TupleExpr,
    TypeInfo,
    Var,
)

from mypy_async_django.bridge.types import class_of, is_a, known
from mypy_async_django.catalogue.shared import TASK_LOCAL
from mypy_async_django.index.syntax.body import Body


class Scope(Enum):
    """Who else can get at a place."""

    MODULE = auto()
    CAPTURED = auto()
    INSTANCE = auto()


class Place(NamedTuple):
    """A variable, or what attributes and constant keys lead to from it.

    ``root`` is the variable of a module or of a function around the body, the class, or for
    attributes of ``self`` the parameter.
    """

    root: SymbolNode
    path: tuple[str, ...]
    scope: Scope

    @property
    def keys(self) -> frozenset[str]:
        """The names that stand for keys on the way."""
        return frozenset(s[1:-1] for s in self.path if s[0] == "[" and s[1:-1].isidentifier())


def place_of(body: Body, expression: Expression) -> Place | None:
    """The place that an expression names, if other coroutines share it."""
    path: list[str] = []
    current = expression
    while (step := _step(current)) is not None:
        name, current = step
        path.append(name)
    if not isinstance(current, RefExpr):
        return None
    root, scope = _root(body, current)
    if root is None or scope is None:
        return None
    is_variable = isinstance(root, Var) and scope is not Scope.INSTANCE
    if (not path and not is_variable) or _is_task_local(root):
        return None
    return Place(root, tuple(reversed(path)), scope)


def read_place(body: Body, expression: Expression) -> Place | None:
    """As `place_of`, and for ``counters.get("today")`` too."""
    match expression:
        case CallExpr(callee=MemberExpr(name="get", expr=base), args=[StrExpr() as key, *_]):
            owner = place_of(body, base)
            return owner._replace(path=(*owner.path, _key(key))) if owner else None
        case NameExpr() | MemberExpr() | IndexExpr():
            return place_of(body, expression)
        case _:
            return None


def is_target(body: Body, node: Expression) -> bool:
    """Whether a value is put where the expression says, or removed from there."""
    match body.parent(node):
        case AssignmentStmt() as statement:
            return node in statement.lvalues
        case OperatorAssignmentStmt() as statement:
            return node is statement.lvalue
        case DelStmt():
            return True
        case TupleExpr() | ListExpr() | StarExpr() as outer:
            return is_target(body, outer)
        case _:
            return False


def _step(expression: Expression) -> tuple[str, Expression] | None:
    match expression:
        case IndexExpr(base=base, index=(StrExpr() | IntExpr() | NameExpr()) as key):
            return _key(key), base
        case MemberExpr(name=name, expr=base) if not _is_module_variable(expression):
            return f".{name}", base
        case _:
            return None


def _key(key: StrExpr | IntExpr | NameExpr) -> str:
    return f"[{key.name if isinstance(key, NameExpr) else repr(key.value)}]"


def _is_module_variable(expression: MemberExpr) -> bool:
    """Whether this is ``module.variable`` or ``module.Class``."""
    return expression.kind == GDEF and isinstance(expression.node, Var | TypeInfo)


def _root(body: Body, name: RefExpr) -> tuple[SymbolNode | None, Scope | None]:
    node = name.node
    if isinstance(name, NameExpr) and body.flow.is_local(name):
        return _parameter(body, name)
    match node:
        case Var() if node.is_final or node.is_property:
            return None, None
        case Var():
            return node, Scope.MODULE if name.kind == GDEF else Scope.CAPTURED
        case TypeInfo():
            return node, Scope.MODULE
        case _:
            return None, None


def _parameter(body: Body, name: NameExpr) -> tuple[SymbolNode | None, Scope | None]:
    """What ``self`` and ``cls`` stand for; other parameters and locals are nobody else's."""
    function = body.function
    if not isinstance(function, FuncDef) or not function.info or function.is_static:
        return None, None
    if not function.arguments or name.node is not function.arguments[0].variable:
        return None, None
    if function.is_class:
        return function.info, Scope.MODULE
    return name.node, Scope.INSTANCE


def _is_task_local(root: SymbolNode) -> bool:
    info = class_of(known(root.type)) if isinstance(root, Var) else None
    return info is not None and is_a(info, *TASK_LOCAL)
