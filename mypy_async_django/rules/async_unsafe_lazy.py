"""Lazy database access in an async function.

## What it does

Database access in an `async def` where no call of a query method shows:

- a queryset that is evaluated: looped over with `for`, unpacked, indexed, tested, printed, or
  given to `list`, `len`, `sum` and their like
- a queryset in the context of `render` or `render_to_string`, which the template evaluates
- a queryset that was built in a thread and is evaluated after it came back:
  `rows = await sync_to_async(Book.objects.filter)(...)`
- a foreign key or one-to-one relation that the query which found the object did not load, and a
  column that it left out with `only` or `defer`, also in `hasattr` and `getattr`
- `request.user` and `request.session[...]`, which are loaded when they are looked into, as by
  `Entry.objects.filter(author=request.user)`

```python
from django.http import HttpRequest, HttpResponse
from shop.models import Book


async def book_list(request: HttpRequest, pk: int) -> HttpResponse:
    book = await Book.objects.aget(pk=pk)
    lines = [book.author.name]
    for other in Book.objects.filter(author_id=book.author_id):
        lines.append(other.title)
    return HttpResponse(", ".join(lines))
```

## Why is this bad?

Querysets and relations run their query at the moment the value is needed. In a coroutine that
moment is on the event loop, where Django raises `SynchronousOnlyOperation`. The line that fails
looks like plain Python, and may be far from the line that made the queryset.

A generator expression counts as well: Python evaluates its source when the expression is made.

## How to fix it

Loop with `async for`, or collect the rows in an async comprehension. Name the relations that you
will read in `select_related`, and those to many rows in `prefetch_related`.

```python
from django.http import HttpRequest, HttpResponse
from shop.models import Book


async def book_list(request: HttpRequest, pk: int) -> HttpResponse:
    book = await Book.objects.select_related("author").aget(pk=pk)
    lines = [book.author.name]
    async for other in Book.objects.filter(author_id=book.author_id):
        lines.append(other.title)
    return HttpResponse(", ".join(lines))
```

## When to ignore it

As for `async-unsafe`: in modules that only run with `DJANGO_ALLOW_ASYNC_UNSAFE` set, where
`disable_error_code = async-unsafe-lazy` leaves the reports on calls in place.

If a relation is loaded in a way that the rule cannot see, such as a signal or a cache of your own,
write `# type: ignore[async-unsafe-lazy]` on the line.

## Known limits

- A relation is only reported where the query that found the object is known: from the same
  function, or from the one that returned it. An object that came in as a parameter or from an
  attribute may have loaded its relations. The setting `strict_relations` reports those too.
- A function, property or method that follows a relation of what it is given, as `__str__` and
  `get_absolute_url` often do, is reported where such an object is given to it.
- `request.user` and `request.session` are reported where Django hands over a request: in a view,
  that is a coroutine function that may return a response, in middleware, also after it has awaited
  `get_response`, and where these call a function, mixin or property that reads them. Not where the
  module itself calls the view, nor below a decorator, a `dispatch` or a framework that may have
  read the user. Middleware of yours that loads the user is not seen, other than Django's
  `LoginRequiredMiddleware` and its like in the settings: name
  `django.http.request.HttpRequest.user` in `trusted`.
- Templates are not read. Of an object in the context, `{{ book.author }}` is not seen; of a
  `TemplateResponse` nothing is reported, as Django renders it in a thread.
- The managers of generic relations have no type in django-stubs.
"""

from collections.abc import Iterator
from typing import Final

from mypy_async_django import suggestion
from mypy_async_django.catalogue.row import Effect
from mypy_async_django.codes import ASYNC_UNSAFE, code
from mypy_async_django.explanation import explained, inside, operation, steps
from mypy_async_django.finding import EFFECTS, Finding, quoted
from mypy_async_django.index.matches.matches import matches
from mypy_async_django.index.matches.parameter_reads import Lacking, lacking
from mypy_async_django.index.orm.rendered_querysets import rendered_querysets
from mypy_async_django.index.syntax.body import Body
from mypy_async_django.index.values.relations import Unloaded, unloaded
from mypy_async_django.index.values.requests import loaded_users

CODE: Final = code(
    "async-unsafe-lazy", "Lazy database access in an async function", parent=ASYNC_UNSAFE
)


def findings(body: Body) -> Iterator[Finding]:
    """Evaluated querysets, relations and columns loaded on access, lazy users."""
    for matched in matches(body):
        if matched.api.effect is Effect.RAISES and not matched.is_explicit:
            yield explained(CODE, body, matched)
    for read in unloaded(body):
        yield _loaded_on_access(body, read)
    for lack in lacking(body):
        yield _lacking(body, lack)
    for user in loaded_users(body):
        text = body.source.text
        yield Finding(
            CODE,
            user.node,
            f"{operation(body, user.node)} loads the user, which {_raises(body)}",
            (suggestion.in_place(body, user.node, f"await {text(user.receiver)}.auser()"),),
        )
    for queryset, render in rendered_querysets(body):
        text = body.source.text
        yield Finding(
            CODE,
            queryset,
            f"{quoted(text(render.callee))} evaluates the queryset {quoted(text(queryset))}, "
            f"which {_raises(body)}",
            (suggestion.use(suggestion.all_rows(body, queryset)),),
        )


def _lacking(body: Body, found: Lacking) -> Finding:
    return Finding(
        CODE,
        found.node,
        f'{operation(body, found.node)} accesses "{found.name}", which the query did not load; '
        f"loading it {_raises(body)}",
        (*steps(body, found.way), suggestion.for_lacking(body, found)),
    )


def _loaded_on_access(body: Body, found: Unloaded) -> Finding:
    runs = "runs" if found.rows else "may run"
    return Finding(
        CODE,
        found.read.node,
        f"{operation(body, found.read.node)} {runs} a query, which {_raises(body)}",
        (suggestion.for_unloaded(body, found),),
    )


def _raises(body: Body) -> str:
    return f"{EFFECTS[Effect.RAISES]} {inside(body)}"
