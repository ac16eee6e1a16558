"""Concurrent coroutines whose order matters.

## What it does

Coroutines that are started together, by `asyncio.gather`, `asyncio.wait`, a task group or
`create_task` without an `await` between, where it makes a difference which of them comes first:

- one creates, updates or deletes rows of a model that another queries, updates or deletes
- one sets a variable of the module that another reads

Also coroutines in a set display that is given to `gather` or `wait`: a set has no order.

```python
import asyncio

from shop.models import Comment


async def clear() -> None:
    await Comment.objects.filter(text="").adelete()


async def count() -> int:
    return await Comment.objects.acount()


async def tidy() -> None:
    await asyncio.gather(clear(), count())
```

## Why is this bad?

Coroutines that run together take turns at every `await`. Which query comes first depends on the
database, on the load and on luck: in tests nearly always the one, in production now and then the
other.

## How to fix it

Await one after the other. What has no part in it may still run beside them.

```python
import asyncio

from shop.models import Author, Comment


async def clear() -> None:
    await Comment.objects.filter(text="").adelete()


async def count() -> int:
    return await Comment.objects.acount()


async def authors() -> int:
    return await Author.objects.acount()


async def tidy() -> None:
    await clear()
    await asyncio.gather(count(), authors())
```

## When to ignore it

Where either order will do, as for a counter that is only shown: write
`# type: ignore[async-unordered]` on the line.

## Known limits

- Coroutine functions are looked into if they are in the same module, with those that they await
  there. Of others, and of `save` and `delete` of an instance, nothing is known.
- Only queries count whose filters can be compared: keyword arguments that are constants, or the
  same variable. Rows with different filters may well be different rows.
- The same coroutine function started several times is never reported, nor is a coroutine that waits
  for an event, a lock, a queue or a task: it brings its own order.
- A variable that is set to a constant is taken as a signal, which may come at any time. Two that
  write the same variable are not reported.
"""

from collections.abc import Iterator
from typing import Final

from mypy_async_django import suggestion
from mypy_async_django.catalogue.queries import Access
from mypy_async_django.codes import code
from mypy_async_django.explanation import inside
from mypy_async_django.finding import Finding, quoted
from mypy_async_django.index.state.concurrent_groups import (
    ConcurrentGroup,
    Conflict,
    concurrent_groups,
    conflict,
    differ,
)
from mypy_async_django.index.syntax.body import Body

CODE: Final = code("async-unordered", "Concurrent coroutines whose order matters")


def findings(body: Body) -> Iterator[Finding]:
    """Groups of coroutines whose order matters and is not known."""
    for group in concurrent_groups(body):
        found = conflict(body, group)
        if found is not None:
            yield _no_order(body, group, found)
        elif group.unordered is not None and differ(body, group):
            text = body.source.text(group.unordered)
            yield Finding(
                CODE,
                group.unordered,
                f"{quoted(text)} is a set, so its coroutines start and return in arbitrary order",
                (suggestion.in_place(body, group.unordered, f"[{text[1:-1].strip()}]"),),
            )


def _no_order(body: Body, group: ConcurrentGroup, found: Conflict) -> Finding:
    text = body.source.text
    first, second = quoted(text(found.first)), quoted(text(found.second))
    if found.accesses is None:
        but = f'{first} assigns "{found.subject}", which {second} reads'
    elif found.accesses[0] is found.accesses[1]:
        but = f'both {_VERBS[found.accesses[0]][1]} the same "{found.subject}" rows'
    else:
        done, also = (_VERBS[access][0] for access in found.accesses)
        but = f'{first} {done} "{found.subject}" rows that {second} {also}'
    awaits = [quoted(f"await {text(call)}") for call in (found.first, found.second)]
    return Finding(
        CODE,
        group.node,
        f"{first} and {second} run concurrently {inside(body)}, but {but}",
        (f"Use {' and '.join(awaits)}, in the intended order",),
    )


_VERBS: Final = {
    Access.READ: ("queries", "query"),
    Access.COUNT: ("looks for", "look for"),
    Access.CREATE: ("creates", "create"),
    Access.UPDATE: ("updates", "update"),
    Access.DELETE: ("deletes", "delete"),
}
