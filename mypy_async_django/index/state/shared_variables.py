"""Shared variables: names, and attributes and constant keys reached from a name."""

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
from mypy_async_django.index.syntax.body import Body, once_each


class Sharing(Enum):
    """What shares a variable: the module, nested functions, or users of the instance."""

    MODULE = auto()
    CAPTURED = auto()
    INSTANCE = auto()


class SharedVariable(NamedTuple):
    """A variable that other coroutines can access, or an access path that starts at it.

    ``root`` is a variable of a module or of an enclosing function, a class, or the parameter ``self``.
    """

    root: SymbolNode
    path: tuple[str, ...]
    sharing: Sharing

    @property
    def keys(self) -> frozenset[str]:
        """The local names that the keys of the path are read from."""
        names = (step[1:-1].partition(".")[0] for step in self.path if step[0] == "[")
        return frozenset(name for name in names if name.isidentifier())


def shared_variable(body: Body, expression: Expression) -> SharedVariable | None:
    """The shared variable that an expression refers to; None if it is not shared."""
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
    is_variable = isinstance(root, Var) and scope is not Sharing.INSTANCE
    if (not path and not is_variable) or _is_task_local(root):
        return None
    return SharedVariable(root, tuple(reversed(path)), scope)


@once_each
def read_variable(body: Body, expression: Expression) -> SharedVariable | None:
    """As `shared_variable`, and for ``counters.get("today")`` too."""
    match expression:
        case CallExpr(callee=MemberExpr(name="get", expr=base), args=[key, *_]):
            owner = shared_variable(body, base)
            return item_of(owner, key) if owner else None
        case NameExpr() | MemberExpr() | IndexExpr():
            return shared_variable(body, expression)
        case _:
            return None


def item_of(owner: SharedVariable, key: Expression) -> SharedVariable | None:
    """The item of a shared collection under a key; None if the key is computed."""
    text = _key(key)
    return owner._replace(path=(*owner.path, text)) if text else None


def is_target(body: Body, node: Expression) -> bool:
    """Whether an expression is the target of an assignment or deletion."""
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
        case IndexExpr(base=base, index=index) if key := _key(index):
            return key, base
        case MemberExpr(name=name, expr=base) if not _is_module_variable(expression):
            return f".{name}", base
        case _:
            return None


def _key(key: Expression) -> str:
    """A constant, a name or an attribute of a name as a step of a path; empty for all else."""
    match key:
        case StrExpr() | IntExpr():
            return f"[{key.value!r}]"
        case NameExpr(name=name):
            return f"[{name}]"
        case MemberExpr(expr=owner, name=name) if path := _key(owner):
            return f"{path[:-1]}.{name}]" if path[1].isidentifier() else ""
        case _:
            return ""


def _is_module_variable(expression: MemberExpr) -> bool:
    """Whether this is ``module.variable`` or ``module.Class``."""
    return expression.kind == GDEF and isinstance(expression.node, Var | TypeInfo)


def _root(body: Body, name: RefExpr) -> tuple[SymbolNode | None, Sharing | None]:
    node = name.node
    if isinstance(name, NameExpr) and body.flow.is_local(name):
        return _parameter(body, name)
    match node:
        case Var() if node.is_final or node.is_property:
            return None, None
        case Var():
            return node, Sharing.MODULE if name.kind == GDEF else Sharing.CAPTURED
        case TypeInfo():
            return node, Sharing.MODULE
        case _:
            return None, None


def _parameter(body: Body, name: NameExpr) -> tuple[SymbolNode | None, Sharing | None]:
    """The root for ``self`` and ``cls``; other parameters and locals are not shared."""
    function = body.function
    if not isinstance(function, FuncDef) or not function.info or function.is_static:
        return None, None
    if not function.arguments or name.node is not function.arguments[0].variable:
        return None, None
    if function.is_class:
        return function.info, Sharing.MODULE
    return name.node, Sharing.INSTANCE


def _is_task_local(root: SymbolNode) -> bool:
    info = class_of(known(root.type)) if isinstance(root, Var) else None
    return info is not None and is_a(info, *TASK_LOCAL)
