"""Task that nothing keeps."""

from collections.abc import Iterator
from typing import Final

from mypy.nodes import (
    AssignmentExpr,
    AssignmentStmt,
    CallExpr,
    ExpressionStmt,
    MemberExpr,
    MypyFile,
    NameExpr,
)

from mypy_async_django.bridge.types import classes
from mypy_async_django.finding import Finding
from mypy_async_django.index.body import Body
from mypy_async_django.index.operations import called_name, calls
from mypy_async_django.rule import code

CODE: Final = code("dangling-task", "Task that nothing keeps")
EVERYWHERE: Final = True

_STARTERS: Final = frozenset({"asyncio.tasks.create_task", "asyncio.tasks.ensure_future"})
_LOOPS: Final = frozenset({"asyncio.base_events.BaseEventLoop", "asyncio.events.AbstractEventLoop"})


def findings(body: Body) -> Iterator[Finding]:
    """Tasks that are started and let go."""
    for call in calls(body):
        if _starts_task(body, call) and _is_let_go(body, call):
            yield Finding(
                CODE,
                call,
                f'Nothing keeps the task of "{body.source.text(call.callee)}": the event loop holds '
                "only a weak reference, so it may vanish before it is done",
                (
                    'Use a task group: "async with asyncio.TaskGroup() as tasks", or keep a reference '
                    "until the task is done",
                ),
            )


def _starts_task(body: Body, call: CallExpr) -> bool:
    if called_name(body, call) in _STARTERS:
        return True
    callee = call.callee
    return (
        isinstance(callee, MemberExpr)
        and callee.name == "create_task"
        and any(
            base.fullname in _LOOPS
            for info in classes(body.type_of(callee.expr))
            for base in info.mro
        )
    )


def _is_let_go(body: Body, call: CallExpr) -> bool:
    match body.parent(call):
        case ExpressionStmt():
            return True
        case AssignmentStmt(lvalues=[NameExpr() as name]):
            pass
        case AssignmentExpr(target=name) as walrus if isinstance(
            body.parent(walrus), ExpressionStmt
        ):
            pass
        case _:
            return False
    if isinstance(body.function, MypyFile) and name.name != "_":
        return False
    bindings = [binding for binding in body.flow.bindings() if binding.node is name]
    return bool(bindings) and not any(
        body.flow.uses(binding) or body.flow.is_captured(binding) for binding in bindings
    )
