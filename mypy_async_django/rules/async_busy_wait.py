"""Sleeping in a loop until a flag changes.

## What it does

A loop in an `async def` that only sleeps until something in memory has changed: a variable of the
module or of the function around, an attribute, an item. It is reported where other code of the
module sets that state, also if the loop does not even sleep: then that code never runs.

So is a loop in a handler of channels' consumers that goes on until another handler sets an
attribute. A consumer handles one message at a time, so the other handler never runs.

```python
import asyncio

from shop.models import Book

is_loaded = False
books: list[Book] = []


async def load() -> None:
    global is_loaded
    books.extend([book async for book in Book.objects.all()])
    is_loaded = True


async def titles() -> list[str]:
    while not is_loaded:
        await asyncio.sleep(0.01)
    return [book.title for book in books]
```

## Why is this bad?

The loop wakes up a hundred times a second to find that nothing has happened, and when it has, it
notices late. With `time.sleep` it is worse: no other coroutine runs, so nobody ever sets the flag,
and the whole process stands still.

## How to fix it

An event wakes up all who wait for it. For conditions that are more than a flag there is
`asyncio.Condition`, for things to be handed over `asyncio.Queue`.

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

If the flag is also set by a thread: `Event.set` has to be called with `call_soon_threadsafe` then,
and a slow loop may be simpler. Write `# type: ignore[async-busy-wait]` on the line.

## Known limits

- What asks the outside world is never reported: a call or an `await` in the condition, a property.
- Who sets the state is looked for in the same module only, in its coroutines and in the functions
  that they call by name.
- A loop that does anything besides sleeping is not reported, unless a consumer's handler waits for
  another handler in it.
"""

from collections.abc import Iterator
from typing import Final

from mypy_async_django import suggestion
from mypy_async_django.codes import ASYNC_BUSY_WAIT
from mypy_async_django.explanation import inside
from mypy_async_django.finding import Finding, quoted
from mypy_async_django.index.state.polling import pollings
from mypy_async_django.index.state.serialised_loops import serialised_loops
from mypy_async_django.index.syntax.body import Body

CODE: Final = ASYNC_BUSY_WAIT


def findings(body: Body) -> Iterator[Finding]:
    """Loops that ask again and again what other code could tell them."""
    stuck = {found.loop: found for found in serialised_loops(body)}
    for loop, serialised in stuck.items():
        state = quoted(body.source.text(serialised.state))
        yield Finding(
            CODE,
            loop.expr,
            f"Loop {inside(body)} waits for {state}, but a consumer handles one message at a time: "
            f'"{serialised.setter}" cannot run before the loop ends',
            (
                "Start the loop as a task that an attribute stores, and cancel it in "
                + quoted(serialised.setter),
            ),
        )
    for found in pollings(body):
        if found.loop in stuck:
            continue
        state = quoted(body.source.text(found.state))
        yield Finding(
            CODE,
            found.condition,
            f"Loop {inside(body)} only sleeps until {state} changes"
            if found.sleeps
            else f"Loop {inside(body)} awaits nothing, so no other coroutine can change {state}",
            (suggestion.for_polling(body, found),),
        )
