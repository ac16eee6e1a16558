"""Flag assigned in the wrong scope.

## What it does

A coroutine sleeps in a loop until a variable changes (see `async-busy-wait`), and another function
assigns to a name of its own instead: it has no `global` or `nonlocal` statement for it, so the
assignment makes a local variable, which nothing reads.

```python
import asyncio

from shop.models import Book

is_loaded = False
books: list[Book] = []


async def load() -> None:
    books.extend([book async for book in Book.objects.all()])
    is_loaded = True


async def titles() -> list[str]:
    while not is_loaded:  # type: ignore[async-busy-wait]
        await asyncio.sleep(0.01)
    return [book.title for book in books]
```

## Why is this bad?

The loop never ends: the variable that it looks at stays what it was.

## How to fix it

`global is_loaded` makes it work; an `asyncio.Event` needs no such statement, and no loop.

```python
import asyncio

from shop.models import Book

is_loaded = asyncio.Event()
books: list[Book] = []


async def load() -> None:
    books.extend([book async for book in Book.objects.all()])
    is_loaded.set()


async def titles() -> list[str]:
    await is_loaded.wait()
    return [book.title for book in books]
```

## When to ignore it

There is no good use for it. A local variable that should be there under the same name is better
called something else.

## Known limits

- Only names that a coroutine of the same module polls are looked at.
- A local that anything reads, even to print it, is taken as meant.
"""

from collections.abc import Iterator
from typing import Final

from mypy.nodes import LDEF, AssignmentStmt, FuncDef, NameExpr

from mypy_async_django.bridge.tree import functions
from mypy_async_django.codes import ASYNC_BUSY_WAIT, code
from mypy_async_django.finding import Finding, Note
from mypy_async_django.index.state.polling import Polling, local_twins, pollings
from mypy_async_django.index.state.shared_variables import Sharing
from mypy_async_django.index.syntax.body import Body

CODE: Final = code(
    "async-busy-wait-flag", "Flag assigned in the wrong scope", parent=ASYNC_BUSY_WAIT
)
EVERYWHERE: Final = True


def findings(body: Body) -> Iterator[Finding]:
    """Assignments that only make a local of the name that a loop waits for."""
    if not _may_hide(body):
        return
    for waiting, polling in _polled(body):
        for name in local_twins(body, polling.place):
            statement = "global" if polling.place.sharing is Sharing.MODULE else "nonlocal"
            yield Finding(
                CODE,
                name,
                f'Assignment to "{name.name}" creates a local variable of "{body.name}", so the loop '
                f'in "{waiting}" never sees the change',
                (
                    f'Add "{statement} {name.name}" to "{body.name}"',
                    Note(f'The loop waits for "{name.name}" here', polling.condition),
                ),
            )


def _may_hide(body: Body) -> bool:
    """Whether the body assigns to a local that may be meant to be another's: most do not."""
    if body.module is None or not isinstance(body.function, FuncDef):
        return False
    names = body.module.tree.names
    return any(
        isinstance(target, NameExpr)
        and target.kind == LDEF
        and (target.name in names or body.is_nested(body.function))
        for node in body.nodes
        if isinstance(node, AssignmentStmt)
        for target in node.lvalues
    )


def _polled(body: Body) -> Iterator[tuple[str, Polling]]:
    """What the other coroutines of the module wait for in loops."""
    module = body.module
    if module is None:
        return
    for _, function in functions(module.tree):
        if function.is_coroutine and function is not body.function:
            for polling in pollings(module.body_of(function)):
                yield function.name, polling
