"""Aliases of functions (``alias = total``) and instance attributes that are assigned once."""

from collections import Counter
from collections.abc import Iterator
from typing import Final

from mypy.nodes import (
    AssignmentStmt,
    CallExpr,
    ClassDef,
    Decorator,
    Expression,
    FuncDef,
    LambdaExpr,
    MemberExpr,
    MypyFile,
    NameExpr,
    OperatorAssignmentStmt,
    OverloadedFuncDef,
    RefExpr,
    Statement,
    Var,
)
from mypy.types import FunctionLike, get_proper_type

from mypy_async_django.bridge.tree import all_statements, functions
from mypy_async_django.index.syntax.operations import attributes_in

_PARTIAL: Final = "functools.partial"


def function_aliases(tree: MypyFile) -> Iterator[tuple[Var, Expression]]:
    """The variables of a module or its classes that only ever hold one function, with that function.

    Annotated class variables are left out: they are fields, and each instance may differ.
    """
    found = list(_bound(tree.defs, is_class=False))
    if not found:
        return
    bound, names = _bindings(tree)
    for variable, value in found:
        if bound[variable] == 1 and variable.name not in names:
            yield variable, value


def _bound(statements: list[Statement], *, is_class: bool) -> Iterator[tuple[Var, Expression]]:
    for statement in statements:
        match statement:
            case ClassDef():
                yield from _bound(statement.defs.body, is_class=True)
            case AssignmentStmt(lvalues=[NameExpr(node=Var() as variable)], rvalue=value):
                is_field = is_class and statement.unanalyzed_type is not None
                if _is_function(value, variable) and not is_field:
                    yield variable, value
            case _:
                pass


def _is_function(value: Expression, variable: Var) -> bool:
    match value:
        case LambdaExpr() | RefExpr(node=FuncDef() | Decorator() | OverloadedFuncDef()):
            return True
        case MemberExpr(node=None):  # perhaps a method: ``Book.objects.count``
            return isinstance(get_proper_type(variable.type), FunctionLike)
        case CallExpr(callee=RefExpr(fullname=name), args=[_, *_]):
            return name == _PARTIAL
        case _:
            return False


def _bindings(tree: MypyFile) -> tuple[Counter[Var], frozenset[str]]:
    """How often variables are assigned, and the names of attributes assigned on some object."""
    bound: Counter[Var] = Counter()
    names: set[str] = set()
    for node in all_statements(tree):
        for target in node.lvalues if isinstance(node, AssignmentStmt) else ():
            match target:
                case NameExpr(node=Var() as variable):
                    bound[variable] += 1
                case MemberExpr(name=name):
                    names.add(name)
                case _:
                    pass
    return bound, frozenset(names)


def instance_attributes(tree: MypyFile) -> Iterator[tuple[Var, FuncDef, Expression]]:
    """The untyped instance attributes that a module assigns exactly once: ``self.books = books``.

    Each comes with the method that assigns it and the assigned value.
    """
    found = [
        (target, function, node.rvalue)
        for _, function in functions(tree)
        if function.info and function.type is None and function.arguments
        for node in all_statements(function)
        if isinstance(node, AssignmentStmt)
        for target in node.lvalues
        if isinstance(target, MemberExpr)
    ]
    names = Counter(_assigned_names(tree)) if found else Counter()
    for target, function, value in found:
        symbol = function.info.names.get(target.name)
        itself = function.arguments[0].variable
        is_own = isinstance(target.expr, NameExpr) and target.expr.node is itself
        variable = symbol.node if symbol is not None else None
        if is_own and isinstance(variable, Var) and names[target.name] == 1:
            yield variable, function, value


def _assigned_names(tree: MypyFile) -> Iterator[str]:
    """The names of the attributes that are assigned, on any object, each time."""
    for node in all_statements(tree):
        if isinstance(node, AssignmentStmt | OperatorAssignmentStmt):
            targets = node.lvalues if isinstance(node, AssignmentStmt) else [node.lvalue]
            yield from (target.name for target in attributes_in(targets))
