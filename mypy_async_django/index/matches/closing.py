"""Functions that close their database connections before they return."""

from mypy.nodes import Block, CallExpr, Expression, ExpressionStmt, MemberExpr, ReturnStmt, TryStmt

from mypy_async_django.bridge.tree import walk
from mypy_async_django.bridge.types import all_are
from mypy_async_django.catalogue.django_database import CLOSING, CONNECTION
from mypy_async_django.index.syntax.body import Body, once
from mypy_async_django.index.syntax.operations import called_name


@once
def closes_connections(body: Body) -> bool:
    """Whether the last that a function does, or a ``finally`` around all of it, closes connections."""
    block = getattr(body.function, "body", None)
    if not isinstance(block, Block):
        return False  # a module, or a lambda's expression that mypy has not made a block of
    for statement in reversed(block.body):
        match statement:
            case ExpressionStmt(expr=CallExpr() as call):
                return _closes(body, call)
            case TryStmt(finally_body=Block() as last):
                return any(
                    isinstance(each, CallExpr) and _closes(body, each) for each in walk(last)
                )
            case ReturnStmt(expr=value) if value is None or not _calls(value):
                pass
            case _:
                return False
    return False


def _calls(value: Expression) -> bool:
    return any(isinstance(each, CallExpr) for each in walk(value))


def _closes(body: Body, call: CallExpr) -> bool:
    if called_name(body, call) in CLOSING:
        return True
    match call.callee:
        case MemberExpr(expr=owner, name="close" | "close_all"):
            return all_are(body.type_of(owner), *CONNECTION)
        case _:
            return False
