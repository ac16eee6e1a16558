"""Decorator or class that does not support async functions.

## What it does

- `functools.cache`, `lru_cache` and `cached_property`, Django's or Python's, and the decorators of
  cachetools on an `async def`: they keep the coroutine, not its result
- `contextlib.contextmanager` on an async generator, where mypy does not say so
- a context manager as a decorator: `@translation.override("de")`
- view decorators on an async view, if the installed Django does not support that yet
- view decorators that `method_decorator` puts on the sync `dispatch` of a view with async handlers:
  `never_cache`, `cache_page`, `gzip_page`, `login_required` and others
- `LoginRequiredMixin`, `PermissionRequiredMixin` or `UserPassesTestMixin` before async handlers:
  their sync `dispatch` loads the user on the event loop, or answers in the place of a coroutine
- `celery.shared_task` and an app's `task` on an async task, Django REST framework's `api_view` and
  django-ratelimit's `ratelimit` on an async view, as the outermost decorator of a function
- a `View` whose handlers are in part `def` and in part `async def`, own and inherited ones

The same without the `@`, as in `cached = cache(load)`, or through `method_decorator`.

```python
from functools import lru_cache

from django.http import HttpRequest, HttpResponse
from shop.models import Book


@lru_cache
async def count_books() -> int:
    return await Book.objects.acount()


async def front_page(request: HttpRequest) -> HttpResponse:
    return HttpResponse(f"{await count_books()} books")
```

## Why is this bad?

A decorator that knows of sync functions only calls the function, and takes what it gets for the
result. From a coroutine function it gets a coroutine: none of the function has run by then. A cache
keeps it, and the second `await` of it raises `RuntimeError`; the first call in a test passes. A
context manager's block is over before the function begins.

A view class is either sync or async for Django. It looks at all handlers when `as_view()` is
called, and raises `ImproperlyConfigured` if they differ.

## How to fix it

```python
from django.core.cache import cache
from django.http import HttpRequest, HttpResponse
from shop.models import Book


async def count_books() -> int:
    count: int | None = await cache.aget("count_books")
    if count is None:
        count = await Book.objects.acount()
        await cache.aset("count_books", count, 60)
    return count


async def front_page(request: HttpRequest) -> HttpResponse:
    return HttpResponse(f"{await count_books()} books")
```

## When to ignore it

If the object is only ever asked once, as a `cached_property` of an object that lives for one
request, the coroutine is awaited once. Write `# type: ignore[sync-decorator]` on the line.

A base class with handlers of both kinds is fine as long as every view that derives from it has
handlers of one kind.

## Known limits

- A decorator counts if it stands right above the function, or above others whose type says that
  they return what they get.
- Decorators of your own are looked into if they are in the same module, and the function is a
  view, or a method of a view class: its first parameter is `request`.
- A Celery app whose own task class runs coroutines is not recognised, unless `base=` names the
  class.
- From Python 3.15 on, a context manager as a decorator stays open while the coroutine runs. It is
  reported all the same: write `# type: ignore[sync-decorator]` there.
- `cache_page` on an async view reads and writes the cache on the event loop. That is not reported.
- Decorators on the view that `as_view()` returns are not seen.
- Middleware that sets `request.user` to what `await request.auser()` gives is not seen: with it
  `LoginRequiredMixin` and `login_required` find the user loaded, and what is said of their query
  is not true.
- Decorators that refuse methods, such as `require_POST`, are not reported on `dispatch`: they only
  fail for the requests that they refuse.
- Of a view that sets `http_method_names`, or decides itself whether it is async, nothing is
  reported.
"""

from collections.abc import Iterator
from typing import Final

from mypy.nodes import CallExpr, ClassDef, Decorator, FuncDef, Node

from mypy_async_django.bridge.types import class_of, is_a, member
from mypy_async_django.catalogue.decorators import (
    CONTEXT_DECORATOR,
    ON_DISPATCH,
    SYNC_DECORATORS,
    Harm,
)
from mypy_async_django.catalogue.django_database import ATOMIC_CLASS
from mypy_async_django.catalogue.frameworks import installed
from mypy_async_django.catalogue.row import Version
from mypy_async_django.codes import code
from mypy_async_django.finding import Finding, quoted
from mypy_async_django.index.coroutines.decorations import (
    Decoration,
    decorations,
    hides_coroutine,
    on_dispatch,
)
from mypy_async_django.index.coroutines.views import access_mixin, handlers, view_classes
from mypy_async_django.index.syntax.body import Body

CODE: Final = code("sync-decorator", "Decorator or class that does not support async functions")
EVERYWHERE: Final = True

#: What the decorator or mixin does with an async function, as the rest of a sentence.
_HARMS: Final = {
    Harm.KEEPS_COROUTINE: "stores its coroutine, not its result; awaiting it twice raises RuntimeError",
    Harm.CANNOT_ITERATE: 'cannot iterate over it; "with" raises TypeError',
    Harm.TAKEN_FOR_SYNC: "treats it as a sync view before Django {since}",
    Harm.ENDS_ITS_BLOCK: "exits its context before the function body runs",
    Harm.EXPECTS_RESPONSE: "gets a coroutine instead of a response and raises AttributeError",
    Harm.LOADS_USER: (
        "loads the user on the event loop, which raises SynchronousOnlyOperation for users who are "
        "logged in"
    ),
    Harm.ANSWERS_SYNC: (
        "returns a response where Django awaits a coroutine, which raises TypeError for requests "
        "that it refuses"
    ),
    Harm.HIDES_COROUTINE: "hides that the view is async; Django gets a coroutine and raises ValueError",
    Harm.WRAPS_IN_SYNC: (
        "returns a sync function that calls it, so the view returns a coroutine, not a response"
    ),
    Harm.RETURNED_TO_VIEW: "gets a coroutine instead of a response and raises AssertionError",
    Harm.RETURNED_TO_DJANGO: "takes its coroutine for the response, which raises ValueError",
    Harm.RETURNED_TO_WORKER: "takes its coroutine for the result; the task's body never runs",
}

_FIXES: Final = {
    Harm.KEEPS_COROUTINE: 'Store the result, for instance with "cache.aset(...)" or in an attribute',
    Harm.CANNOT_ITERATE: 'Use "@asynccontextmanager" and "async with"',
    Harm.TAKEN_FOR_SYNC: "Make the view sync or remove the decorator",
    Harm.ENDS_ITS_BLOCK: 'Use a "with" block in the function',
    Harm.HIDES_COROUTINE: "Make the view sync, or a class with the decorator on its async handlers",
    Harm.WRAPS_IN_SYNC: (
        'Return an async function for async views: test "asgiref.sync.iscoroutinefunction(...)"'
    ),
    Harm.RETURNED_TO_VIEW: 'Make the view sync, or use "adrf.decorators.api_view"',
    Harm.RETURNED_TO_DJANGO: "Make the function sync",
    Harm.RETURNED_TO_WORKER: (
        'Make the task sync, and call an async function in it with "async_to_sync(...)"'
    ),
}


#: What another decorator above, or the class, may put right.
_OF_RESULTS: Final = (
    Harm.HIDES_COROUTINE,
    Harm.RETURNED_TO_DJANGO,
    Harm.RETURNED_TO_VIEW,
    Harm.RETURNED_TO_WORKER,
)


def findings(body: Body) -> Iterator[Finding]:
    """Decorators on coroutine functions, and views of both kinds."""
    for found in decorations(body):
        row = SYNC_DECORATORS.get(found.name) or installed.SYNC_DECORATORS.get(found.name)
        if row is not None and row.harm in _OF_RESULTS:
            is_said = row.is_typed and found.function.type and body.type_of(found.maker)
            is_of_class = bool(found.function.info)
            if _is_outermost(body, found) and not is_of_class and not is_said:
                yield _finding(body, found, row.harm)
        elif row is not None:
            said = row.is_typed and found.function.type is not None
            if body.catalogue.django_version < row.since and not said:
                yield _finding(body, found, row.harm, row.since)
        elif _is_context_manager(body, found):
            yield _finding(body, found, Harm.ENDS_ITS_BLOCK)
        elif _is_outermost(body, found) and hides_coroutine(body, found):
            yield _finding(body, found, Harm.WRAPS_IN_SYNC)
    for found in on_dispatch(body):
        if found.name in ON_DISPATCH:
            yield _finding(body, found, ON_DISPATCH[found.name])
    for view in view_classes(body):
        yield from _mixed(view)
        yield from _guarded(body, view)


def _guarded(body: Body, view: ClassDef) -> Iterator[Finding]:
    found = access_mixin(view.info)
    if found is None or any(access_mixin(base) for base in view.info.mro[1:]):
        return
    mixin, row = found
    name = row.decorator.rpartition(".")[2]
    is_held = body.catalogue.django_version >= SYNC_DECORATORS[row.decorator].since
    yield Finding(
        CODE,
        view,
        f'"{mixin.name}" of the async view "{view.name}" {_HARMS[row.harm]}',
        (
            f'Put "@method_decorator({name})" on the handlers instead'
            if is_held
            else "Make the handlers sync",
        ),
    )


def _finding(body: Body, found: Decoration, harm: Harm, since: Version | None = None) -> Finding:
    version = ".".join(map(str, since or ()))
    text = quoted(body.source.text(found.maker))
    return Finding(
        CODE,
        found.node,
        f'{text} on "{found.function.name}" {_HARMS[harm].format(since=version)}',
        (_FIXES.get(harm, f"Put it on the handlers instead: {quoted(_on_handler(text[1:-1]))}"),),
    )


def _is_outermost(body: Body, found: Decoration) -> bool:
    """Whether a decorator is the outermost of a function, and names no ``base``."""
    definition, maker = body.parent(found.node), found.decorator
    return (
        isinstance(definition, Decorator)
        and definition.original_decorators[0] is found.node
        and not (isinstance(maker, CallExpr) and "base" in maker.arg_names)
    )


def _on_handler(decorator: str) -> str:
    return f"@method_decorator({decorator})"


def _is_context_manager(body: Body, found: Decoration) -> bool:
    """Whether the decorator is a block that calls the function inside it."""
    info = class_of(body.type_of(found.decorator))
    call = member(info, "__call__") if info and not is_a(info, ATOMIC_CLASS) else None
    return call is not None and call[0].fullname == CONTEXT_DECORATOR


def _mixed(view: ClassDef) -> Iterator[Finding]:
    kinds = handlers(view.info)
    if len(set(kinds.values())) < 2:
        return
    own = {name: _definition(view, name) for name in kinds}
    # Where both kinds are inherited, the class above is to blame.
    name = next((n for n, node in own.items() if node and not kinds[n]), None) or next(
        (n for n, node in own.items() if node), None
    )
    if name is None:
        return
    other = next(n for n in kinds if kinds[n] is not kinds[name])
    one, two = ("async", "sync") if kinds[name] else ("sync", "async")
    yield Finding(
        CODE,
        own[name] or view,
        f'"{name}" is {one} but "{other}" is {two} in view "{view.name}", so "as_view" raises '
        "ImproperlyConfigured",
        ("Make all handlers of the view async, or none",),
    )


def _definition(view: ClassDef, name: str) -> Node | None:
    symbol = view.info.names.get(name)
    node = symbol.node if symbol else None
    return node if isinstance(node, FuncDef | Decorator) else None
