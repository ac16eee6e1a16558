"""Call that runs sync-only Django code through sync functions.

## What it does

A call in an `async def` of a function of yours that does what `async-unsafe` reports, itself or
through further functions: helpers, methods, properties, constructors, methods of your managers and
querysets, a `save` that your model or a mixin overrides. The notes show the way step by step,
across modules.

So does a function, or a query method, that is handed to what runs it on the event loop:
`loop.call_soon(longest)`, `sorted(books, key=rank)`,
`cache.aget_or_set("books", Book.objects.count)`.

An async function that you call reports its own queries where it is written. What it does with an
argument is reported at the call: `await show(Book.objects.all())`, where `show` loops with `for`.

What a function hands to a thread is not part of the way, and neither are the functions that are
decorated with `@sync_to_async`: they are the cure.

```python
from django.http import HttpRequest, HttpResponse
from shop.models import Book


def longest() -> Book | None:
    return Book.objects.order_by("-pages").first()


def title_of_longest() -> str:
    book = longest()
    return book.title if book else "no books"


async def front_page(request: HttpRequest) -> HttpResponse:
    return HttpResponse(title_of_longest())
```

## Why is this bad?

Django's guard asks whether an event loop runs in this thread, not whether the function was written
with `async def`. A sync function that is called by a coroutine runs on the event loop like the
coroutine itself, and its queries raise `SynchronousOnlyOperation`. The sync code is right and its
tests pass; only the call is wrong, and nothing at the call looks like a query.

## How to fix it

Call the function through `sync_to_async`. All its queries then run in one thread, and transactions
in it work. Where no sync code needs the function, write it with `async def` and the async methods
instead, such as `afirst`.

```python
from asgiref.sync import sync_to_async
from django.http import HttpRequest, HttpResponse
from shop.models import Book


def longest() -> Book | None:
    return Book.objects.order_by("-pages").first()


def title_of_longest() -> str:
    book = longest()
    return book.title if book else "no books"


async def front_page(request: HttpRequest) -> HttpResponse:
    return HttpResponse(await sync_to_async(title_of_longest)())
```

## When to ignore it

If the query is in a branch that this call never takes, for reasons that its arguments do not show,
write `# type: ignore[async-unsafe-call]` on the call, or name the function in the setting
`trusted`: it is then never reported, for no caller. A query whose result is cached on the way is
`async-unsafe-first-call`.

## Known limits

- A function that is handed over and called by somebody else, as in `register(longest)`, is not
  followed. A variable of a module or class that holds a function, as in `alias = load`, counts if
  it is bound once.
- A function under a decorator of another package whose result has no known type is not followed.
- Of a method, the one that the receiver's declared class has is followed, not those of subclasses,
  unless the code shows of which class the object is.
  What `super()` calls is looked for in the bases of its own class; where only the object's class
  has it, as for a mixin's `save`, it is followed if the call shows which class that is.
- Installed packages are not looked into: they do what the catalogue says.
- A relation that a function reads on an object it was given is reported as `async-unsafe-lazy`,
  where the query that found the object is known.
- The user and the session of a request count where a function loads them from the request that it
  was given, and nobody had that request before.
"""

from collections.abc import Iterator
from typing import Final

from mypy_async_django.catalogue.row import Effect
from mypy_async_django.codes import ASYNC_UNSAFE, code
from mypy_async_django.explanation import reaching
from mypy_async_django.finding import Finding
from mypy_async_django.index.matches.transitive_effects import reached
from mypy_async_django.index.syntax.body import Body

CODE: Final = code(
    "async-unsafe-call",
    "Call that runs sync-only Django code through sync functions",
    parent=ASYNC_UNSAFE,
)


def findings(body: Body) -> Iterator[Finding]:
    """Calls, properties and implicit uses whose functions raise SynchronousOnlyOperation."""
    for found in reached(body, Effect.RAISES):
        yield reaching(CODE, body, found, Effect.RAISES)
