"""Bridge between sync and async code used incorrectly.

## What it does

- `sync_to_async(find(pk))`: the call runs here, and its result is given to `sync_to_async` in the
  place of the function
- `await sync_to_async(find)`: nothing calls what `sync_to_async` made
- a coroutine function given to `sync_to_async`, or `@sync_to_async` on an `async def`
- a generator function given to `sync_to_async`, if the coroutine iterates the generator: only the
  call that creates it runs in the thread
- a sync generator given to `StreamingHttpResponse`: Django iterates all of it in a thread before it
  sends the first part
- a sync function given to `async_to_sync`, or `@async_to_sync` on a `def`
- `sync_to_async(connection.cursor)`: the connection is looked up here, the thread has another
- `thread_sensitive=False` for a function that uses the database, itself or through others

The same for everything that runs a function in a thread: `asyncio.to_thread`,
`loop.run_in_executor`, `database_sync_to_async`, and what the setting `offloaders` names. A
queryset that a thread built and did not evaluate is reported where it is evaluated, as
`async-unsafe-lazy`.

```python
from asgiref.sync import sync_to_async
from django.http import HttpRequest, HttpResponse
from shop.models import Book


@sync_to_async(thread_sensitive=False)
def title_of(pk: int) -> str:
    return Book.objects.get(pk=pk).title


async def book_page(request: HttpRequest, pk: int) -> HttpResponse:
    return HttpResponse(await title_of(pk))
```

## Why is this bad?

A bridge takes a function, and calls it on the other side. A call in its place runs on this side: on
the event loop, where it blocks or raises `SynchronousOnlyOperation`. What mypy says of it, "No
overload variant of sync_to_async matches argument type", does not tell that.

Django's connections belong to threads. With `thread_sensitive=True`, the default, all database code
of a request runs in the same thread, on the same connection. With `thread_sensitive=False` it runs
in some thread: what one function sets up, the next one may not find, transactions are not shared,
and the connection stays open.

## How to fix it

Hand over the function, then call what you got, and await that. Leave `thread_sensitive` alone.

```python
from asgiref.sync import sync_to_async
from django.http import HttpRequest, HttpResponse
from shop.models import Book


@sync_to_async
def title_of(pk: int) -> str:
    return Book.objects.get(pk=pk).title


def count_pages(pk: int) -> int:
    return Book.objects.get(pk=pk).pages


async def book_page(request: HttpRequest, pk: int) -> HttpResponse:
    pages = await sync_to_async(count_pages)(pk)
    return HttpResponse(f"{await title_of(pk)}: {pages}")
```

## When to ignore it

A long read-only query that should not hold up the other sync code may run with
`thread_sensitive=False` on purpose, if the function closes its connection. A function that ends
with `close_old_connections()` or `connection.close()`, or does so in a `finally`, is not reported,
nor what channels' `database_sync_to_async` runs.

## Known limits

- Of a call whose type is not known, only those are reported that are known to query or block.
- A sync function without annotations counts as one that gives nothing to await only if it stands in
  the same module and all that it returns is known.
- A function that returns a coroutine is no coroutine function, and is left alone.
- Database work in a thread of another kind, such as `asyncio.to_thread`, is the sub-code
  `bridge-thread`, which is off by default.
"""

from collections.abc import Iterator
from typing import Final

from mypy.nodes import CallExpr, Expression, FuncDef

from mypy_async_django import suggestion
from mypy_async_django.bridge.types import is_coroutine_type
from mypy_async_django.catalogue.callbacks import CALLBACKS
from mypy_async_django.codes import BRIDGE_MISUSE
from mypy_async_django.finding import Finding, quoted
from mypy_async_django.index.coroutines.bridges import (
    awaits_in_vain,
    bound_to_loop,
    database_work,
    decorating_offloaders,
    early_calls,
    is_switched_off,
    offloaded_generators,
    offloads,
    sync_functions_to_sync,
    sync_streams,
)
from mypy_async_django.index.resolution.callees import named_function
from mypy_async_django.index.syntax.body import Body

CODE: Final = BRIDGE_MISUSE
EVERYWHERE: Final = True

_THREAD_SENSITIVE: Final = "thread_sensitive"
_SHARE: Final = 'Remove "thread_sensitive=False"; database code should share one thread'


def findings(body: Body) -> Iterator[Finding]:
    """What is wrong with what a bridge is given, and with what becomes of its result."""
    early = list(early_calls(body))
    for call in early:
        yield _called_early(body, call)
    for call, function in awaits_in_vain(body):
        if function not in early:
            text = body.source.text(call)
            yield Finding(
                CODE,
                call,
                f"{quoted(text)} is awaited without being called, which raises TypeError",
                (suggestion.use(f"await {text}(...)"),),
            )
    yield from _coroutine_functions(body)
    if not body.is_coroutine:  # there, async_to_sync fails whatever it is given
        yield from _sync_functions(body)
    yield from _in_any_thread(body)
    for call, generator in offloaded_generators(body):
        yield Finding(
            CODE,
            call,
            f'"{generator.name}" is a generator function: {quoted(body.source.text(call))} only '
            "creates the generator, and iterating it here runs its code on the event loop",
            (
                f'Return a list from "{generator.name}", or iterate it in a function that runs there',
            ),
        )
    for content, generator in sync_streams(body):
        yield Finding(
            CODE,
            content,
            f"{quoted(body.source.text(content))} is a sync generator: Django iterates all of it in a "
            "thread before it sends the first part",
            (f'Make "{generator.name}" an async generator: "async def" with "yield"',),
        )
    for call, method in bound_to_loop(body):
        name, text = quoted(body.source.text(call.callee)), quoted(body.source.text(method))
        yield Finding(
            CODE,
            method,
            f"{text} belongs to the event loop's database connection, but {name} runs it in a "
            "thread, which has a connection of its own",
            (suggestion.WHOLE_BLOCK,),
        )


def _called_early(body: Body, call: CallExpr) -> Finding:
    around = body.parent(call)
    assert isinstance(around, CallExpr)
    name, text = quoted(body.source.text(around.callee)), body.source.text(call)
    if is_coroutine_type(body.type_of(call)):
        message = f"{name} expects a sync function, got the coroutine {quoted(text)}"
        return Finding(
            CODE, call, message, (suggestion.for_coroutine_in_bridge(body, around, call),)
        )
    where = ", which runs on the event loop" if body.is_coroutine else ""
    return Finding(
        CODE,
        call,
        f"{name} expects a function, got the result of {quoted(text)}{where}",
        (suggestion.for_early_call(body, around, call),),
    )


def _coroutine_functions(body: Body) -> Iterator[Finding]:
    for call, offloader, function in offloads(body):
        named = named_function(body, function) if offloader.name not in CALLBACKS else None
        if named is not None and named.is_awaited:
            name, text = quoted(body.source.text(call.callee)), body.source.text(function)
            yield Finding(
                CODE,
                function,
                f"{name} expects a sync function, got the async function {quoted(text)}",
                (suggestion.for_bridged(body, call, function),),
            )
    for decorator, _, definition in decorating_offloaders(body):
        if definition.is_coroutine:
            name = quoted(body.source.text(decorator))
            yield Finding(
                CODE,
                decorator,
                f'{name} expects a sync function, got the async function "{definition.name}"',
                ("Remove the decorator",),
            )


def _sync_functions(body: Body) -> Iterator[Finding]:
    for node, function in sync_functions_to_sync(body):
        text = function.name if isinstance(function, FuncDef) else body.source.text(function)
        name = body.source.text(node.callee if isinstance(node, CallExpr) else node)
        yield Finding(
            CODE,
            node,
            f"{quoted(name)} expects an async function, got the sync function {quoted(text)}, and "
            "raises TypeError when it awaits the result",
            (f"Call {quoted(text)} directly",),
        )


def _in_any_thread(body: Body) -> Iterator[Finding]:
    for decorator, offloader, definition in decorating_offloaders(body):
        if not offloader.closes_connections and is_switched_off(decorator, _THREAD_SENSITIVE):
            way = database_work(body, definition)
            if way is not None:
                yield _elsewhere(body, decorator, f'"{definition.name}"', way)
    for call, offloader, function in offloads(body):
        if not offloader.closes_connections and is_switched_off(call, _THREAD_SENSITIVE):
            outer = body.parent(call)
            given = outer.args if isinstance(outer, CallExpr) and outer.callee is call else ()
            way = database_work(body, function, given)
            if way is not None:
                yield _elsewhere(body, call, quoted(body.source.text(function)), way)


def _elsewhere(body: Body, node: Expression, name: str, way: tuple[str, ...]) -> Finding:
    does = f'runs "{way[-1]}"' if way else "uses the database"
    return Finding(
        CODE,
        node,
        f"{name} {does} with thread_sensitive=False, so it runs in an arbitrary thread with its own "
        "connection",
        (suggestion.without_argument(body, node, _THREAD_SENSITIVE, _SHARE),),
    )
