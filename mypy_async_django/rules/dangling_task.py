"""Task reference not stored.

## What it does

`asyncio.create_task`, `asyncio.ensure_future`, `loop.create_task` and `asyncio.shield` of a
coroutine where the task is not kept: as a statement of its own, only to give it a callback or a
name, assigned to `_`, or assigned to a name that is never used again in a function that does not
wait any more. Also `loop.run_in_executor` where nothing uses the future: its thread runs to the
end, but an exception in it is handled nowhere.

```python
import asyncio

from shop.models import Book


async def count_readers(book: Book) -> None:
    await Book.objects.filter(pk=book.pk).aupdate(pages=1)


async def book_page(book: Book) -> str:
    asyncio.create_task(count_readers(book))
    return book.title
```

## Why is this bad?

The event loop itself holds only a weak reference to a task. One that nothing else refers to may be
removed by the garbage collector before it is done, and then it just stops. That happens rarely and
under load, so it is not seen in tests.

The rest happens more often: an exception in the task is shown only when the task is thrown away,
and nobody waits for it, so it is cancelled in the middle when the event loop ends.

## How to fix it

If the task should outlive the function, put it into a set that lives as long, and take it out when
it is done. A task group keeps its tasks, waits for them, and passes their exceptions on.

```python
import asyncio

from shop.models import Book

background: set[asyncio.Task[None]] = set()


async def count_readers(book: Book) -> None:
    await Book.objects.filter(pk=book.pk).aupdate(pages=1)


async def book_page(book: Book) -> str:
    task = asyncio.create_task(count_readers(book))
    background.add(task)
    task.add_done_callback(background.discard)
    return book.title


async def other_page(book: Book) -> str:
    async with asyncio.TaskGroup() as tasks:
        tasks.create_task(count_readers(book))
    return book.title
```

## When to ignore it

If the task is kept by something else, a registry that the coroutine adds itself to, or where it is
of no matter whether the task ends. Write `# type: ignore[dangling-task]` on the line, or switch
the code off for the module.

## Known limits

- Any use of the name counts as keeping the task, even one that only prints it. So does an `await`
  after the assignment: the task is kept while the coroutine waits, but no longer.
- Under WSGI, and behind sync middleware, Django runs an async view in an event loop that ends with
  the view. Tasks are cancelled then, even if something keeps them. That is not seen here.
- Tasks of anyio and trio always belong to a group and need no rule.
"""

from collections.abc import Iterator
from typing import Final

from mypy.nodes import (
    AssignmentExpr,
    AssignmentStmt,
    AwaitExpr,
    Block,
    CallExpr,
    Expression,
    ForStmt,
    FuncDef,
    LambdaExpr,
    MemberExpr,
    NameExpr,
    Node,
    ReturnStmt,
    WithStmt,
)

from mypy_async_django import suggestion
from mypy_async_django.bridge.types import all_are, classes, is_coroutine_type
from mypy_async_django.catalogue.offload import (
    FUTURE,
    LOOPS,
    RUN_IN_EXECUTOR,
    SHIELD,
    TASK_METHODS,
    TASK_STARTERS,
)
from mypy_async_django.codes import code
from mypy_async_django.finding import Finding, quoted
from mypy_async_django.index.coroutines.value_uses import ValueUse, final_use
from mypy_async_django.index.resolution.call_targets import RUN_BY_ASYNCIO, run_at_once
from mypy_async_django.index.syntax.body import Body
from mypy_async_django.index.syntax.operations import called_name, calls

CODE: Final = code("dangling-task", "Task reference not stored")
EVERYWHERE: Final = True

_STORE: Final = (
    "Store the task until it is done, or start it in a task group: "
    '"async with asyncio.TaskGroup() as tasks"'
)


def findings(body: Body) -> Iterator[Finding]:
    """Tasks that are started and let go."""
    for call in (*calls(body), *_results_of_callbacks(body)):
        if _starts_task(body, call) and (body.parent(call) is None or _is_let_go(body, call)):
            yield Finding(
                CODE,
                call,
                f"Task from {quoted(body.source.text(call.callee))} is not stored, so it can be "
                "garbage-collected before it finishes",
                (_STORE,),
            )
    for call in _dropped_futures(body):
        yield Finding(
            CODE,
            call,
            f"Future from {quoted(body.source.text(call.callee))} is dropped, so nothing waits for "
            "the function or handles its exceptions",
            (suggestion.for_coroutine(body, call),),
        )


def _dropped_futures(body: Body) -> Iterator[CallExpr]:
    """The calls of ``loop.run_in_executor`` whose future nothing uses."""
    for call in calls(body):
        callee = call.callee
        if (
            isinstance(callee, MemberExpr)
            and callee.name == RUN_IN_EXECUTOR
            and all_are(body.type_of(callee.expr), *LOOPS)
            and final_use(body, call).use is ValueUse.DROPPED
        ):
            yield call


def _results_of_callbacks(body: Body) -> Iterator[CallExpr]:
    """The calls whose result a lambda gives to asyncio, which drops it.

    ``loop.add_signal_handler(SIGHUP, lambda: asyncio.create_task(reload()))``
    """
    for call in calls(body):
        for callback in run_at_once(body, call):
            match callback:
                case LambdaExpr(body=Block(body=[ReturnStmt(expr=CallExpr() as result)])):
                    if isinstance(call.callee, MemberExpr) and call.callee.name in RUN_BY_ASYNCIO:
                        yield result
                case _:
                    pass


def _is_let_go(body: Body, task: CallExpr) -> bool:
    match body.parent(task):
        case MemberExpr(name=name) as method if name in TASK_METHODS:
            return isinstance(body.parent(method), CallExpr)
        case _:
            is_dropped = final_use(body, task).use is ValueUse.DROPPED
            return is_dropped and not _is_kept_while_waiting(body, task)


def _is_kept_while_waiting(body: Body, task: CallExpr) -> bool:
    """Whether a coroutine waits for something else while a name of its own holds the task."""
    if not body.is_coroutine:
        return False
    flow, targets = body.flow, _targets(body, task)
    for binding in flow.bindings():
        is_named = binding.node in targets and binding.name != "_"
        if not is_named or flow.reaches(binding.node, binding.node):
            continue
        again = [other.node for other in flow.bindings() if other.name == binding.name]
        if any(
            flow.reaches(binding.node, node, avoiding=[n for n in again if n is not binding.node])
            for node in body.nodes
            if _waits(node)
        ):
            return True
    return False


def _targets(body: Body, value: Node) -> list[Node]:
    """The names that a value is assigned to, itself or in a display."""
    for around in body.ancestors(value):
        match around:
            case AssignmentStmt():
                return [*around.lvalues]
            case AssignmentExpr():
                return [around.target]
            case CallExpr() | AwaitExpr():
                return []
            case _:
                pass
    return []


def _waits(node: Node) -> bool:
    return isinstance(node, AwaitExpr) or (isinstance(node, ForStmt | WithStmt) and node.is_async)


def _starts_task(body: Body, call: CallExpr) -> bool:
    name = called_name(body, call)
    if name == SHIELD:
        return _is_of_coroutine(body, call)
    if name in TASK_STARTERS:
        return not (call.args and all_are(body.type_of(call.args[0]), FUTURE))
    callee = call.callee
    return (
        isinstance(callee, MemberExpr)
        and callee.name == "create_task"
        and not _is_self(body, callee.expr)  # the loop's own method, which may store the task
        and any(
            base.fullname in LOOPS
            for info in classes(body.type_of(callee.expr))
            for base in info.mro
        )
    )


def _is_self(body: Body, receiver: Expression) -> bool:
    function = body.function
    is_method = isinstance(function, FuncDef) and bool(function.info) and bool(function.arguments)
    return (
        is_method
        and isinstance(function, FuncDef)
        and isinstance(receiver, NameExpr)
        and receiver.node is function.arguments[0].variable
    )


def _is_of_coroutine(body: Body, call: CallExpr) -> bool:
    return bool(call.args) and is_coroutine_type(body.type_of(call.args[0]))
