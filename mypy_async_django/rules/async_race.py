"""Shared state read before an await and written after it.

## What it does

In an `async def`: state that coroutines share is read, an `await` follows, and then the same state
is written with a value that depends on what was read. The `await` may also be an `async for`, an
`async with` or the `yield` of an async generator, and it may stand in the middle of one expression:
`counter += await amount()`.

Also reported is a test that lets several coroutines pass before the first one writes:
`if key in running: return`, an `await`, `running.add(key)`; in the same way for dict items, flags
and states, for sizes as in `if len(queue) < 10`, for limits as in `if pages > longest` before
`longest = pages`, and for items that are deleted.

A value that is read from Django's cache, changed and written back is reported as well: `aget`,
then `aset` of the same key.

Shared are the variables of a module and what is reached from them, as `stats["alive"]` or
`config.limit`, the attributes of classes, the attributes of an object that its module keeps
(`hub = Hub()`), and the variables of a function around a coroutine that it starts several times.

```python
from shop.models import Book

seen = {"books": 0}


async def count_books() -> None:
    before = seen["books"]
    found = await Book.objects.acount()
    seen["books"] = before + found
```

## Why is this bad?

At an `await` any other coroutine may run. Two that both read 1, wait and then write 1 + 1 have
counted one visit too few. Between two awaits nothing can come in: there no lock is needed.

## How to fix it

Read after the await. Where the value is needed before it, hold an `asyncio.Lock` from the read to
the write.

```python
import asyncio

from shop.models import Book

seen = {"books": 0}
lock = asyncio.Lock()


async def count_books() -> None:
    found = await Book.objects.acount()
    seen["books"] += found


async def count_books_locked() -> None:
    async with lock:
        before = seen["books"]
        found = await Book.objects.acount()
        seen["books"] = before + found
```

## When to ignore it

Where a coroutine never runs twice at the same time, and the code does not show it: write
`# type: ignore[async-race]` on the line. A coroutine given to `asyncio.run` is taken as running
alone, and so is a service: one that loops for ever with `while True`, or until a flag or an event
tells it to stop.

## Known limits

- Only what one function reads and writes is compared, and only by name: two names for the same
  object are not seen as one.
- Parameters and local objects do not count as shared, nor does `self` if the module keeps no object
  of the class: `async-race-self`, which is off by default, reports its attributes.
- A flag that is tested and set without an `await` between protects what follows.
- An item of a dict that is computed from its key alone may be computed twice, if it is data: a
  number, a text, a row or a dataclass. That does no harm; two connections for one key do.
- Anything that says lock counts as one: a type, a name, a decorator, even the function's own name.
  A semaphore does too, though it may let in several.
- Several processes share nothing of this: there the state belongs in the database or the cache.
"""

from collections.abc import Iterator
from typing import Final

from mypy_async_django.codes import ASYNC_RACE
from mypy_async_django.explanation import lost_cache_update, lost_update
from mypy_async_django.finding import Finding
from mypy_async_django.index.state.cache_updates import cache_updates
from mypy_async_django.index.state.races import races
from mypy_async_django.index.state.shared_variables import Sharing
from mypy_async_django.index.syntax.body import Body

CODE: Final = ASYNC_RACE


def findings(body: Body) -> Iterator[Finding]:
    """Writes that lose what other coroutines have written during an await."""
    for race in races(body):
        if race.place.sharing is not Sharing.INSTANCE:
            yield lost_update(CODE, body, race)
    for found in cache_updates(body):
        yield lost_cache_update(CODE, body, found)
