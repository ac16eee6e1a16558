"""Database access in a thread with its own connection.

## What it does

Functions that use the database, themselves or through others, and are handed to a thread that is
not the one of Django's sync code: `asyncio.to_thread`, `loop.run_in_executor`, `executor.submit`,
`anyio.to_thread.run_sync`, in a coroutine.

`sync_to_async` and `database_sync_to_async` are fine, and so is a `threading.Thread`: it takes its
connection with it when it ends.

```python
import asyncio

from django.http import HttpRequest, HttpResponse
from shop.models import Book


def titles() -> list[str]:
    return [book.title for book in Book.objects.all()]


async def book_list(request: HttpRequest) -> HttpResponse:
    return HttpResponse(", ".join(await asyncio.to_thread(titles)))
```

## Why is this bad?

Every thread that queries opens a connection of its own. Django closes connections at the end of a
request, but only those of the threads that it knows of. The others stay open for as long as the
thread lives: the workers of the event loop's executor live as long as the process, so the database
runs out of connections, and a connection that the database has dropped is used again.

What runs there is not part of the transaction around the caller either, and in a `TestCase` it does
not see the data of the test.

## How to fix it

`sync_to_async` runs the function in the thread that Django's sync code shares, on its connection.

```python
from asgiref.sync import sync_to_async
from django.http import HttpRequest, HttpResponse
from shop.models import Book


def titles() -> list[str]:
    return [book.title for book in Book.objects.all()]


async def book_list(request: HttpRequest) -> HttpResponse:
    return HttpResponse(", ".join(await sync_to_async(titles)()))
```

## When to ignore it

The code is off by default: switch it on with `enable_error_code = bridge-thread`. A function that
ends with `close_old_connections()` or `connection.close()` is not reported. What the setting
`offloaders` names is trusted to close its connections.

## Known limits

- A function that closes its connection is known by its last statement, or by a `finally` around
  all that it does.
- Only coroutines are looked at: sync code that starts threads has the same problem.
- `thread_sensitive=False` is reported by `bridge-misuse`.
"""

from collections.abc import Iterator
from typing import Final

from mypy_async_django import suggestion
from mypy_async_django.codes import BRIDGE_MISUSE, code
from mypy_async_django.finding import Finding, quoted
from mypy_async_django.index.coroutines.bridges import database_work, offloads
from mypy_async_django.index.resolution.offloading import offloaded_by
from mypy_async_django.index.syntax.body import Body

CODE: Final = code(
    "bridge-thread",
    "Database access in a thread with its own connection",
    parent=BRIDGE_MISUSE,
    default=False,
)


def findings(body: Body) -> Iterator[Finding]:
    """Functions that query, handed to a thread whose connection nobody closes."""
    for call, offloader, function in offloads(body):
        if offloader.thread_sensitive or offloader.closes_connections:
            continue
        offloaded = offloaded_by(body, call)
        way = database_work(body, function, offloaded.args if offloaded else [])
        if way is None:
            continue
        text = body.source.text
        does = f'runs "{way[-1]}"' if way else "uses the database"
        yield Finding(
            CODE,
            call,
            f"{quoted(text(function))} {does}, but {quoted(text(call.callee))} runs it in a thread "
            "with its own connection, which Django does not close",
            (suggestion.for_thread(body, call, function),),
        )
