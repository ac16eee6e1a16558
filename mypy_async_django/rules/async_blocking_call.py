"""Call that blocks the event loop through sync functions.

## What it does

A call in an `async def` of a function of yours that does what `async-blocking` reports, itself or
through further functions: helpers, methods, properties, constructors. The notes show the way step
by step, across modules.

What a function hands to a thread is not part of the way. A call that reaches the database as well
is reported once, as `async-unsafe-call`.

```python
import time

from django.http import HttpRequest, HttpResponse


def wait_for_stock() -> None:
    time.sleep(0.5)


async def order(request: HttpRequest) -> HttpResponse:
    wait_for_stock()
    return HttpResponse("ordered")
```

## Why is this bad?

A sync function that is called by a coroutine runs on the event loop, and the loop waits for all it
waits for. Nothing at the call looks blocking, and still every other request of the process stands
still until it returns.

## How to fix it

Run the function in a thread, with `sync_to_async` if it is to share the thread with Django's sync
code, or give it an async form of its own.

```python
import asyncio
import time

from django.http import HttpRequest, HttpResponse


def wait_for_stock() -> None:
    time.sleep(0.5)


async def order(request: HttpRequest) -> HttpResponse:
    await asyncio.to_thread(wait_for_stock)
    return HttpResponse("ordered")
```

## When to ignore it

If the call never takes the branch that blocks, or nothing else runs on that event loop, write
`# type: ignore[async-blocking-call]` on the call, or name the function in the setting `trusted`.

## Known limits

- A function that is handed over and called by somebody else, as in `register(load)`, is not
  followed. A variable of a module or class that holds a function, as in `alias = load`, counts if
  it is bound once.
- Of a method, the one that the receiver's declared class has is followed, not those of subclasses.
- Installed packages are not looked into: they do what the catalogue says.
- File I/O is not followed.
"""

from collections.abc import Iterator
from typing import Final

from mypy_async_django.catalogue.row import Effect
from mypy_async_django.codes import ASYNC_BLOCKING, code
from mypy_async_django.explanation import reaching
from mypy_async_django.finding import Finding
from mypy_async_django.index.matches.transitive_effects import reached
from mypy_async_django.index.syntax.body import Body

CODE: Final = code(
    "async-blocking-call",
    "Call that blocks the event loop through sync functions",
    parent=ASYNC_BLOCKING,
)


def findings(body: Body) -> Iterator[Finding]:
    """Calls, properties and implicit uses whose functions block, and do not raise before."""
    raising = {
        found.node for effect in (Effect.RAISES, Effect.NESTS) for found in reached(body, effect)
    }
    for found in reached(body, Effect.BLOCKS):
        if found.node not in raising:
            yield reaching(CODE, body, found, Effect.BLOCKS)
