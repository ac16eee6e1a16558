"""Coroutine that is never awaited.

## What it does

Calling an `async def` runs none of its code: the call only makes a coroutine object, and `await`
runs it. This rule finds coroutine objects that nothing can ever run, in sync functions too:

- kept in a name that is not used again, or only for something that does not run it
- assigned to `_`: that is not a way of saying "I mean it"
- put into a list or dict that is thrown away
- returned from an `async def` whose result is `Any` or not declared, so that the caller's `await`
  gives a coroutine instead of the result
- returned from a sync hook that Django or a framework calls and does not await: `process_exception`
  or `process_view` of a middleware, `clean_title` of a form
- used as the key of a dict
- `asyncio.gather(...)` without `await`, whose results nobody waits for
- what an `@asynccontextmanager` function gives, without `async with`

Async twins of Django count like any other coroutine function: `acreate`, `aupdate`, `asave`. So do
`sync_to_async(f)(...)`, `asyncio.to_thread(...)` and `asyncio.sleep(...)`, and sync functions of
your own that always return a coroutine and declare nothing, `Any` or `object` as their result.

A bare statement `send()` is left to mypy, which reports it as `unused-coroutine`; the command
`check`, which leaves mypy's own errors out, reports it as this code.

```python
from django.http import HttpRequest, HttpResponse
from shop.models import Book


async def publish(request: HttpRequest, pk: int) -> HttpResponse:
    changed = Book.objects.filter(pk=pk).aupdate(pages=1)
    return HttpResponse("done")
```

## Why is this bad?

Nothing is saved and nothing is sent, and there is no exception. Python prints
`RuntimeWarning: coroutine '...' was never awaited` when it throws the object away, to a log that
few people read. With `gather` not even that: its coroutines are started, but nobody waits for
them, and what is not done when the event loop ends is cancelled in the middle.

## How to fix it

```python
from django.http import HttpRequest, HttpResponse
from shop.models import Book


async def publish(request: HttpRequest, pk: int) -> HttpResponse:
    changed = await Book.objects.filter(pk=pk).aupdate(pages=1)
    return HttpResponse(f"{changed} done")
```

In a sync function, call `async_to_sync(send)(...)`. To run several at the same time, give them to
`await asyncio.gather(...)` or start them in an `asyncio.TaskGroup`.

## When to ignore it

Hardly ever: a coroutine that is thrown away is a mistake. To make one and not run it, as a test
may want to, call its `close()`.

## Known limits

- One use that may run the coroutine is enough, even if it is in a branch: with
  `if wanted: await job`, a run that skips the branch is not reported.
- A coroutine that is stored in an attribute, a global name or a container that outlives the
  function counts as taken care of, as does one that is given to a parameter that takes awaitables.
- A coroutine that a thread brings back is not followed: the result of
  `await sync_to_async(Book.objects.acount)()` is a coroutine again.
- Only what is declared or inferred as a coroutine counts, not any `Awaitable` or `Future`.
"""

from collections.abc import Iterator
from typing import Final

from mypy.nodes import CallExpr, ExpressionStmt

from mypy_async_django import suggestion
from mypy_async_django.bridge.types import all_are
from mypy_async_django.catalogue.offload import ASYNC_CONTEXT_MANAGER, GATHER
from mypy_async_django.codes import code
from mypy_async_django.finding import Finding, quoted
from mypy_async_django.index.coroutines.coroutine_values import coroutine_values, mypy_knows
from mypy_async_django.index.coroutines.value_uses import ValueUse, final_use
from mypy_async_django.index.syntax.body import Body
from mypy_async_django.index.syntax.operations import called_name, calls

CODE: Final = code("unawaited-coroutine", "Coroutine that is never awaited")
EVERYWHERE: Final = True


def findings(body: Body) -> Iterator[Finding]:
    """Coroutines that are kept, returned or made without anything ever running them."""
    for call, end in coroutine_values(body):
        is_statement = isinstance(body.parent(call), ExpressionStmt)
        said = is_statement and mypy_knows(body, call)
        if end.use not in {ValueUse.DROPPED, ValueUse.RETURNED}:
            continue
        text = quoted(body.source.text(call))
        if end.use is ValueUse.RETURNED:
            result = (
                f'so awaiting "{body.name}" returns a coroutine'
                if body.is_coroutine
                else f'and nothing awaits the result of "{body.name}"'
            )
            what = f"{text} is returned without await, {result}"
        else:
            what = f"Coroutine {text} is never awaited, so it never runs"
        yield Finding(
            CODE,
            call,
            what,
            (suggestion.for_coroutine(body, call),),
            unless_said="Coroutine",
            mypy_reports=said,
        )
    for call in calls(body):
        if called_name(body, call) == GATHER and _is_dropped(body, call):
            what = f"{quoted(body.source.text(call))} is not awaited, so its results are lost"
            yield Finding(CODE, call, what, (suggestion.for_coroutine(body, call),))
        elif all_are(body.type_of(call), ASYNC_CONTEXT_MANAGER) and _is_dropped(body, call):
            what = f"{quoted(body.source.text(call))} is never entered, so it never runs"
            yield Finding(CODE, call, what, (suggestion.for_unentered(body, call),))


def _is_dropped(body: Body, value: CallExpr) -> bool:
    return final_use(body, value).use is ValueUse.DROPPED
