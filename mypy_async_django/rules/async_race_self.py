"""Attribute of self read before an await and written after it.

## What it does

The same as `async-race`, for attributes of `self`: an `async def` of a class reads one, awaits, and
writes it with a value that depends on what was read, or because of it.

```python
from shop.models import Book


class Statistics:
    def __init__(self) -> None:
        self.books = 0

    async def count(self) -> None:
        self.books = self.books + await Book.objects.acount()
```

## Why is this bad?

If two tasks call the method of the same object, what the one writes during the await of the other
is lost. A client that is opened when it is first needed is opened twice, and one of the two is
never closed.

This is off by default, because most objects belong to one request or one task.

## How to fix it

```python
import asyncio

from shop.models import Book


class Statistics:
    def __init__(self) -> None:
        self.books = 0
        self.lock = asyncio.Lock()

    async def count(self) -> None:
        found = await Book.objects.acount()
        self.books = self.books + found

    async def count_locked(self) -> None:
        async with self.lock:
            self.books = self.books + await Book.objects.acount()
```

## When to ignore it

Leave it off if the objects of your classes live for one request. Switch it on for modules with
objects that live as long as the process: clients, caches, registries.

```ini
[mypy-app.clients]
enable_error_code = async-race-self
```

## Known limits

- Whether an object is really shared is not known: that is why this is off by default. Views, forms,
  consumers, commands and test cases never are, and are left out.
- Only one method is looked at: what the methods that it calls read and write is not seen.
"""

from collections.abc import Iterator
from typing import Final

from mypy_async_django.codes import ASYNC_RACE, code
from mypy_async_django.explanation import lost_update
from mypy_async_django.finding import Finding
from mypy_async_django.index.state.races import races
from mypy_async_django.index.state.shared_variables import Sharing
from mypy_async_django.index.syntax.body import Body

CODE: Final = code(
    "async-race-self",
    "Attribute of self read before an await and written after it",
    parent=ASYNC_RACE,
    default=False,
)


def findings(body: Body) -> Iterator[Finding]:
    """Writes of attributes that lose what other tasks have written during an await."""
    for race in races(body):
        if race.place.sharing is Sharing.INSTANCE:
            yield lost_update(CODE, body, race)
