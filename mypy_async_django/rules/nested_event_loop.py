"""Event loop started inside a running event loop.

## What it does

Calls in an `async def` that run an event loop until a coroutine is done:

- `async_to_sync(load)(pk)`, a name that holds `async_to_sync(load)`, and a function that is
  decorated with `@async_to_sync`
- `asyncio.run`, `Runner.run`, `loop.run_until_complete`, `loop.run_forever`, `anyio.run`
- sync functions of yours that do so, themselves or through others: the notes show the way
- `signal.send(...)` where the same module connects a coroutine function to the signal

In a function that is handed to a thread all of them are fine.

```python
from asgiref.sync import async_to_sync
from django.http import HttpRequest, HttpResponse
from shop.models import Book


async def load(pk: int) -> str:
    book = await Book.objects.aget(pk=pk)
    return book.title


def title(pk: int) -> str:
    return async_to_sync(load)(pk)


async def book_page(request: HttpRequest, pk: int) -> HttpResponse:
    return HttpResponse(title(pk))
```

## Why is this bad?

There is one event loop in a thread, and it is running already: all these raise `RuntimeError`. In
sync code, and in its tests, the same call works. It fails once a coroutine comes to call it.

## How to fix it

Await the coroutine. Where there is only the sync function, call it in a thread.

```python
from asgiref.sync import async_to_sync, sync_to_async
from django.http import HttpRequest, HttpResponse
from shop.models import Book


async def load(pk: int) -> str:
    book = await Book.objects.aget(pk=pk)
    return book.title


def title(pk: int) -> str:
    return async_to_sync(load)(pk)


async def book_page(request: HttpRequest, pk: int) -> HttpResponse:
    return HttpResponse(await load(pk))


async def other_page(request: HttpRequest, pk: int) -> HttpResponse:
    return HttpResponse(await sync_to_async(title)(pk))
```

## When to ignore it

With a patched event loop, as `nest_asyncio` makes one for notebooks, `asyncio.run` works inside
another. Put the module under `disable_error_code = nested-event-loop`, or name what works for you
in the setting `trusted`: `asyncio.runners.run`.

## Known limits

- A function that asks for the running event loop, `asyncio.get_running_loop()`, is taken to know
  what it does, and is not followed.
- A name of another module that holds `async_to_sync(load)` is not followed. A function that is
  decorated with `@async_to_sync` is.
- Receivers of signals are looked for at the top level of the same module only, and those for a
  certain sender do not count.
- `trio.run` is not reported: it works inside asyncio, and blocks it.
"""

from collections.abc import Iterator
from typing import Final

from mypy.nodes import CallExpr

from mypy_async_django import suggestion
from mypy_async_django.catalogue.row import Effect
from mypy_async_django.codes import code
from mypy_async_django.explanation import explained, reaching
from mypy_async_django.finding import Finding
from mypy_async_django.index.matches.matches import matches
from mypy_async_django.index.matches.transitive_effects import reached
from mypy_async_django.index.syntax.body import Body

CODE: Final = code("nested-event-loop", "Event loop started inside a running event loop")


def findings(body: Body) -> Iterator[Finding]:
    """Calls that run an event loop, themselves or through sync functions."""
    for matched in matches(body):
        if matched.api.effect is Effect.NESTS:
            found = explained(CODE, body, matched)
            if isinstance(matched.operation, CallExpr) and body.catalogue.twin(matched.api) is None:
                note = suggestion.for_nested_loop(body, matched.operation, matched.api)
                found = found._replace(notes=(note,))
            yield found
    raising = {found.node for found in reached(body, Effect.RAISES)}
    for way in reached(body, Effect.NESTS):
        if way.node not in raising:
            yield reaching(CODE, body, way, Effect.NESTS)
