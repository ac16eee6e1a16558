"""Coroutines started together although one needs what the other does.

## What it catches

Coroutines that are started together, by `asyncio.gather`, `asyncio.wait`, a task group or
`create_task` without an `await` between, where it makes a difference which of them comes first:

- one creates, updates or deletes rows of a model that another queries, updates or deletes
- one sets a variable of the module that another reads

Also coroutines in a set display that is given to `gather` or `wait`: a set has no order.

## Why it bites

Coroutines that run together take turns at every `await`. Which query comes first depends on the
database, on the load and on luck: in tests nearly always the one, in production now and then the
other.

## Example

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

## Use instead

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

## When to leave it

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

from mypy_async_django.codes import code
from mypy_async_django.finding import Finding
from mypy_async_django.index.state.concurrent_groups import (
    ConcurrentGroup,
    Conflict,
    concurrent_groups,
    conflict,
    differ,
)
from mypy_async_django.index.syntax.body import Body

CODE: Final = code(
    "async-unordered", "Coroutines started together although one needs what the other does"
)


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
                f'"{text}" is a set: its coroutines start, and give their results, in any order',
                (f'Use "[{text[1:-1].strip()}]"',),
            )


def _no_order(body: Body, group: ConcurrentGroup, found: Conflict) -> Finding:
    first, second = body.source.text(found.first), body.source.text(found.second)
    done = f"{found.done} by the one and {found.also} by the other"
    if found.done == found.also:
        done = f"{found.done} by both"
    return Finding(
        CODE,
        group.node,
        f'"{first}" and "{second}" run together in coroutine "{body.name}", in any order: '
        f'"{found.subject}" is {done}',
        (f'Use "await {first}" and "await {second}", in the order that you mean',),
    )
