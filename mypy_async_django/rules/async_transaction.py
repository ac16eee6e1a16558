"""Transaction in an async function.

## What it does

- `with transaction.atomic():` in an `async def`, also for an `Atomic` object in a variable and with
  `stack.enter_context(...)`
- `@transaction.atomic` on an `async def`, with or without arguments, through `method_decorator`,
  and as a call: `transaction.atomic(view)`
- the functions that go with a transaction, called in a coroutine: `transaction.on_commit`,
  `savepoint`, `set_autocommit`, `commit`, `rollback`, and the same of `connection`
- `select_for_update()` that an async twin or `async for` evaluates: there is no transaction that
  could hold the locks

`non_atomic_requests` is fine on a coroutine function and is not reported.

```python
from django.db import transaction
from django.http import HttpRequest, HttpResponse
from shop.models import Book


async def merge(request: HttpRequest, pk: int, other: int) -> HttpResponse:
    with transaction.atomic():
        book = await Book.objects.select_related("author").aget(pk=pk)
        await Book.objects.filter(pk=other).adelete()
    return HttpResponse(book.title)
```

## Why is this bad?

A transaction belongs to one connection, and a connection to one thread. The block would open in the
event loop's thread; the queries awaited in it run in another, on another connection. Django raises
`SynchronousOnlyOperation` when the block is entered. With `DJANGO_ALLOW_ASYNC_UNSAFE` set it does
not, and then nothing is rolled back.

The decorator calls the function inside its block. For an `async def` that only makes the coroutine,
and the block is over before the first line of the function runs: in an event loop Django raises
`SynchronousOnlyOperation`, elsewhere there is silently no transaction.

`select_for_update()` outside a transaction raises `TransactionManagementError`. SQLite has no such
locks and ignores it, so tests on SQLite pass.

## How to fix it

Write the whole block as one sync function. `sync_to_async` runs it in one thread, on one
connection.

```python
from asgiref.sync import sync_to_async
from django.db import transaction
from django.http import HttpRequest, HttpResponse
from shop.models import Book


@transaction.atomic
def merged(pk: int, other: int) -> Book:
    book = Book.objects.select_for_update().get(pk=pk)
    Book.objects.filter(pk=other).delete()
    return book


async def merge(request: HttpRequest, pk: int, other: int) -> HttpResponse:
    book = await sync_to_async(merged)(pk, other)
    return HttpResponse(book.title)
```

## When to ignore it

A coroutine function that is only ever run by sync code inside a transaction,
`async_to_sync(locked)(pk)`, queries on that code's connection, and its `select_for_update()` is
right. Write `# type: ignore[async-transaction]` there. In a `TestCase` of Django all async tests
are run like that, and there it is not reported.

## Known limits

- A transaction that a sync function opens is reported where a coroutine calls that function, as
  `async-unsafe-call`.
- A decorator is only followed as far as it is known to get the coroutine function itself: below it
  may stand decorators whose type says that they return what they get.
- The setting `ATOMIC_REQUESTS`, with which Django refuses to run async views, is not read.
- A queryset with `select_for_update()` that comes from another function is not seen.
"""

from collections.abc import Iterator
from typing import Final

from mypy.nodes import AwaitExpr, CallExpr, ForStmt, FuncDef, WithStmt

from mypy_async_django import suggestion
from mypy_async_django.bridge.types import is_a
from mypy_async_django.catalogue.django_database import ATOMIC, TEST_CASE
from mypy_async_django.catalogue.row import Effect
from mypy_async_django.codes import code
from mypy_async_django.explanation import explained, inside
from mypy_async_django.finding import EFFECTS, Finding, quoted
from mypy_async_django.index.coroutines.decorations import decorations
from mypy_async_django.index.matches.matches import Match, matches
from mypy_async_django.index.orm.row_locks import locked_rows
from mypy_async_django.index.syntax.body import Body
from mypy_async_django.index.syntax.operations import ImplicitUse

CODE: Final = code("async-transaction", "Transaction in an async function")
EVERYWHERE: Final = True

_IN_THE_FUNCTION: Final = (
    "Call it in the sync function that holds the transaction, and call that function with "
    '"await sync_to_async(...)(...)"'
)


def findings(body: Body) -> Iterator[Finding]:
    """Transactions that are opened, or asked for, where no query can be part of them."""
    yield from _decorated(body)
    if body.is_coroutine:
        for matched in matches(body):
            if matched.is_of_transaction:
                yield _of_transaction(body, matched)
        yield from _locked(body)


def _of_transaction(body: Body, matched: Match) -> Finding:
    found = explained(CODE, body, matched)
    if isinstance(matched.operation, CallExpr):
        return found._replace(notes=(_IN_THE_FUNCTION,))
    if _awaits_inside(body, matched.operation):
        away = "; queries awaited in the block run on another thread's connection"
        return found._replace(message=found.message + away)
    return found


def _awaits_inside(body: Body, entered: object) -> bool:
    if not isinstance(entered, ImplicitUse) or not isinstance(entered.within, WithStmt):
        return False
    return any(
        isinstance(node, AwaitExpr) or (isinstance(node, ForStmt | WithStmt) and node.is_async)
        for node in body.nodes
        if entered.within.body in body.ancestors(node)
    )


def _decorated(body: Body) -> Iterator[Finding]:
    for found in decorations(body):
        if found.name == ATOMIC:
            yield Finding(
                CODE,
                found.node,
                f"{quoted(body.source.text(found.maker))} on async function "
                f'"{found.function.name}" ends the transaction before the function body runs, and '
                f"{EFFECTS[Effect.RAISES]} in an event loop",
                (_sync_instead(found.function.name),),
            )


def _sync_instead(name: str) -> str:
    return f'Make "{name}" a sync function and call it with "await sync_to_async({name})(...)"'


def _locked(body: Body) -> Iterator[Finding]:
    function = body.function
    if isinstance(function, FuncDef) and function.info and is_a(function.info, TEST_CASE):
        return
    for query in locked_rows(body):
        yield Finding(
            CODE,
            query,
            f"{quoted(body.source.text(query))} locks rows outside a transaction {inside(body)}, "
            "which raises TransactionManagementError (SQLite ignores the lock)",
            (suggestion.WHOLE_BLOCK,),
        )
