"""Call that runs sync-only Django code the first time only.

## What it does

As `async-unsafe-call`, where the result is cached on the way to the query: in a variable of a
module or an attribute that is tested and then assigned, by `cached_property`, by `lru_cache` or
`cache` on a function without arguments, or behind the `get` of a context variable.

A call is not reported where the function may have filled the cache before: one of the functions on
the way was named or the object was used, as in `await sync_to_async(default_author)()`, or a
context variable was set.

This code is off by default. Switch it on with `enable_error_code = async-unsafe-first-call`.

```python
from django.http import HttpRequest, HttpResponse
from shop.models import Author

_house: Author | None = None


def house_author() -> Author:
    global _house
    if _house is None:
        _house = Author.objects.get(name="House")
    return _house


async def front_page(request: HttpRequest) -> HttpResponse:
    return HttpResponse(house_author().name)
```

## Why is this bad?

The first call in each process queries, and raises `SynchronousOnlyOperation` where that call comes
from an async function. If some sync code, a middleware or a start-up hook always comes first,
nobody ever sees it. Which of them comes first is not written in the code, so many of these findings
are no mistakes: that is why they have a code of their own.

## How to fix it

Fill the cache in a thread, where the call stands or once when the process starts.

```python
from asgiref.sync import sync_to_async
from django.http import HttpRequest, HttpResponse
from shop.models import Author

_house: Author | None = None


def house_author() -> Author:
    global _house
    if _house is None:
        _house = Author.objects.get(name="House")
    return _house


async def front_page(request: HttpRequest) -> HttpResponse:
    return HttpResponse((await sync_to_async(house_author)()).name)
```

## When to ignore it

Where other code is known to fill the cache first, leave it off, or name the function in the setting
`trusted`.

## Known limits

- A dict by keys counts as such a cache, though each new key queries. `lru_cache` on a function with
  arguments does not: that is `async-unsafe-call`.
- That another function has filled the cache is not seen.
- Blocking calls behind such a cache are not reported at all.
"""

from collections.abc import Iterator
from typing import Final

from mypy_async_django.catalogue.row import Effect
from mypy_async_django.codes import ASYNC_UNSAFE, code
from mypy_async_django.explanation import reaching
from mypy_async_django.finding import Finding
from mypy_async_django.index.matches.transitive_effects import reached_at_first
from mypy_async_django.index.syntax.body import Body

CODE: Final = code(
    "async-unsafe-first-call",
    "Call that runs sync-only Django code the first time only",
    parent=ASYNC_UNSAFE,
    default=False,
)


def findings(body: Body) -> Iterator[Finding]:
    """Calls whose functions raise SynchronousOnlyOperation unless the result is cached by then."""
    for found in reached_at_first(body, Effect.RAISES):
        yield reaching(CODE, body, found, Effect.RAISES)
