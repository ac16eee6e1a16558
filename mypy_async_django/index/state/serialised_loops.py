"""Loops in a consumer's handler that wait for what only another handler of it changes."""

from collections.abc import Iterator
from typing import NamedTuple

from mypy.nodes import (
    AssignmentStmt,
    AwaitExpr,
    BreakStmt,
    Expression,
    FuncDef,
    MemberExpr,
    NameExpr,
    Node,
    RaiseStmt,
    ReturnStmt,
    UnaryExpr,
    WhileStmt,
)

from mypy_async_django.bridge.tree import walk
from mypy_async_django.catalogue.frameworks.channels import CONSUMERS
from mypy_async_django.index.syntax.body import Body
from mypy_async_django.index.syntax.missing_imports import base_names


class SerialisedLoop(NamedTuple):
    """A loop that goes on until ``setter``, another handler, changes the attribute ``state``."""

    loop: WhileStmt
    state: MemberExpr
    setter: str


def serialised_loops(body: Body) -> Iterator[SerialisedLoop]:
    """The loops of a handler that keep the handler they wait for from running.

    A consumer handles one message at a time. A method that the module names somewhere is no handler:
    a task may run it beside the others.
    """
    function, module = body.function, body.module
    if not isinstance(function, FuncDef) or not function.info or module is None:
        return
    for loop in body.every(WhileStmt):
        state, last = _condition(loop.expr)
        if state is None or not _only_waits(loop) or not _is_handler(body, function):
            continue
        setters = list(_setters(module.tree, state.name, last))
        others = [each for each in setters if each.name != "__init__"]
        if others and function not in setters and all(_is_handler(body, each) for each in others):
            yield SerialisedLoop(loop, state, others[-1].name)


def _condition(condition: Expression) -> tuple[MemberExpr | None, str]:
    """The attribute of ``self`` that a condition asks, and the value that ends the loop."""
    match condition:
        case UnaryExpr(op="not", expr=MemberExpr(expr=NameExpr(name="self")) as state):
            return state, "True"
        case MemberExpr(expr=NameExpr(name="self")):
            return condition, "False"
        case _:
            return None, ""


def _only_waits(loop: WhileStmt) -> bool:
    """Whether a loop awaits something, and ends by its condition only."""
    inside = list(walk(loop.body))
    return any(isinstance(node, AwaitExpr) for node in inside) and not any(
        isinstance(node, BreakStmt | RaiseStmt | ReturnStmt) for node in inside
    )


def _is_handler(body: Body, function: FuncDef) -> bool:
    """Whether channels itself calls a method of a consumer, and nothing in the module does."""
    if not function.info or not function.is_coroutine or body.module is None:
        return False
    return any(name.startswith(CONSUMERS) for name in base_names(body, function.info)) and not any(
        isinstance(node, MemberExpr) and node.name == function.name
        for node in walk(body.module.tree)
    )


def _setters(tree: Node, attribute: str, last: str) -> Iterator[FuncDef]:
    """The functions of a module that may assign an attribute, of any object, the last value."""
    for function in walk(tree):
        if not isinstance(function, FuncDef):
            continue
        for node in walk(function.body):
            match node:
                case AssignmentStmt(rvalue=NameExpr(name="True" | "False" as name)) if name != last:
                    pass
                case AssignmentStmt(lvalues=targets) if any(
                    isinstance(target, MemberExpr) and target.name == attribute
                    for target in targets
                ):
                    yield function
                case _:
                    pass
