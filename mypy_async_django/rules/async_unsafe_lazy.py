"""Lazy database access in an async function.

## What it does

Database access in an `async def` where no call of a query method shows:

- a queryset that is evaluated: looped over with `for`, unpacked, indexed, tested, printed, or
  given to `list`, `len`, `sum` and their like
- what a template does while `render`, `render_to_string` or a template's own `render` runs: it
  evaluates a queryset of the context, follows a relation of a row that was not loaded, or asks for
  `user`, `perms` or `request.user`, which a context processor hands over unloaded
- a form with a `ModelChoiceField`, or a model form with a relation, that a template renders
- `serializer.data` of Django REST framework, and what an endpoint of django-ninja returns for its
  `response`, where the fields read a relation that the query did not load
- a queryset that is awaited itself, as `await Book.objects.filter(...)`, where mypy does not say so
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
- Templates are read where django-stubs' plugin has loaded the settings: in `DIRS` and, with
  `APP_DIRS`, in the `templates` directories of the apps. Of a tag or filter of your own its
  function counts, also with what the template gives it, and of an inclusion tag what it puts in the
  context of its template; other tags that are compiled by hand are unknown. Where the template is
  not found, each queryset in the context counts. Of a `TemplateResponse` nothing is reported, as
  Django renders it in a thread.
- The managers of generic relations have no type in django-stubs.
"""

from collections.abc import Iterator
from typing import Final

from mypy.nodes import AwaitExpr

from mypy_async_django import suggestion
from mypy_async_django.bridge.models import QUERYSET
from mypy_async_django.bridge.types import all_are, classes, member
from mypy_async_django.catalogue.row import Effect
from mypy_async_django.codes import ASYNC_UNSAFE, code
from mypy_async_django.explanation import explained, inside, operation, steps
from mypy_async_django.finding import EFFECTS, Finding, quoted
from mypy_async_django.index.matches.matches import matches
from mypy_async_django.index.matches.parameter_reads import Lacking, lacking
from mypy_async_django.index.matches.rendered import (
    RenderedForm,
    RenderedQueryset,
    RenderedRow,
    RenderedTag,
    RenderedUser,
    rendered_forms,
    rendered_querysets,
    rendered_rows,
    rendered_tags,
    rendered_users,
)
from mypy_async_django.index.syntax.body import Body
from mypy_async_django.index.values.relations import Unloaded, unloaded, unloaded_inside
from mypy_async_django.index.values.rendering import Item
from mypy_async_django.index.values.requests import loaded_users
from mypy_async_django.templates.usage import OWN_TAG, ContextUse

CODE: Final = code(
    "async-unsafe-lazy", "Lazy database access in an async function", parent=ASYNC_UNSAFE
)


def findings(body: Body) -> Iterator[Finding]:
    """Evaluated querysets, relations and columns loaded on access, lazy users."""
    for matched in matches(body):
        if matched.api.effect is Effect.RAISES and not matched.is_explicit:
            yield explained(CODE, body, matched)
    for awaited in body.every(AwaitExpr):
        if all_are(body.type_of(awaited.expr), QUERYSET) and not _is_awaitable(body, awaited):
            yield _awaited(body, awaited)
    for read in unloaded(body):
        yield _loaded_on_access(body, body, read)
    for inner, read in unloaded_inside(body):
        yield _loaded_on_access(body, inner, read)
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
    for queryset in rendered_querysets(body):
        yield _rendered_queryset(body, queryset)
    for row in rendered_rows(body):
        yield _rendered_row(body, row)
    for tag in rendered_tags(body):
        yield _rendered_tag(body, tag)
    for form in rendered_forms(body):
        yield _rendered_form(body, form)
    for rendered_user in rendered_users(body):
        yield _rendered_user(body, rendered_user)


def _is_awaitable(body: Body, awaited: AwaitExpr) -> bool:
    """Whether one of the classes that an awaited value may have says how to await it."""
    return any(member(info, "__await__") for info in classes(body.type_of(awaited.expr)))


def _awaited(body: Body, awaited: AwaitExpr) -> Finding:
    return Finding(
        CODE,
        awaited,
        f"Awaiting the queryset {quoted(body.source.text(awaited.expr))} raises TypeError: it is "
        f"evaluated when it is iterated",
        (suggestion.in_place(body, awaited, suggestion.all_rows(body, awaited.expr)),),
        unless_said="Awaitable",
        mypy_reports=body.is_checked,
    )


def _rendered_queryset(body: Body, found: RenderedQueryset) -> Finding:
    text = body.source.text
    return Finding(
        CODE,
        found.item.value,
        f"{quoted(text(found.call.callee))} evaluates the queryset {_named(body, found.item)}, "
        f"which {_raises_in_template(body, found.use)}",
        (
            *(_template(found.use) if found.use else ()),
            suggestion.for_rendered_queryset(body, found),
        ),
    )


def _rendered_row(body: Body, found: RenderedRow) -> Finding:
    text = body.source.text
    does = f'runs "{found.operation}"' if found.operation else f'loads "{found.name}"'
    way = steps(body, found.way) if found.way else ()
    return Finding(
        CODE,
        found.call,
        f"{quoted(text(found.call.callee))} {does} of {_named(body, found.item)}, "
        f"which {_raises_in_template(body, found.use)}",
        (*_template(found.use), *way, suggestion.for_rendered_row(body, found)),
    )


def _rendered_form(body: Body, found: RenderedForm) -> Finding:
    text = body.source.text
    return Finding(
        CODE,
        found.call,
        f"{quoted(text(found.call.callee))} renders the form {quoted(text(found.value))}, "
        f"which {_raises_in_template(body, found.use)}",
        (
            *_template(found.use),
            *steps(body, found.way[:-1], found.way[-1]),
            suggestion.rendered_in_thread(body, found.call),
        ),
    )


def _rendered_tag(body: Body, found: RenderedTag) -> Finding:
    text = body.source.text
    return Finding(
        CODE,
        found.call,
        f"{quoted(text(found.call.callee))} runs {quoted(found.way[-1])}, "
        f"which {_raises_in_template(body, found.use)}",
        (
            *(_template(found.use) if found.use else ()),
            *steps(body, found.way[:-1], found.way[-1]),
            suggestion.rendered_in_thread(body, found.call),
        ),
    )


def _rendered_user(body: Body, found: RenderedUser) -> Finding:
    text = body.source.text
    return Finding(
        CODE,
        found.call,
        f"{quoted(text(found.call.callee))} loads the {found.name} of {quoted(text(found.request))}, "
        f"which {_raises_in_template(body, found.use)}",
        (*_template(found.use), suggestion.for_rendered_user(body, found)),
    )


def _named(body: Body, item: Item) -> str:
    """A value of a context as it is written, or by its name where a function has made it."""
    name = item.name if item.path and item.name else body.source.text(item.value)
    return quoted(name)


def _raises_in_template(body: Body, use: ContextUse | None) -> str:
    """What follows from a query in a template."""
    if use is not None and use.is_swallowed:
        return (
            f'"{{% if %}}" takes for false, as it swallows SynchronousOnlyOperation {inside(body)}'
        )
    return _raises(body)


def _template(use: ContextUse) -> tuple[str, ...]:
    """The note that names a template, and what it reads there."""
    template = f'Template "{use.template}"' if use.template else "The template"
    does = "runs" if use.name == OWN_TAG else "reads"
    return (f"{template} {does} {quoted(use.text)}",)


def _lacking(body: Body, found: Lacking) -> Finding:
    return Finding(
        CODE,
        found.node,
        f'{operation(body, found.node)} accesses "{found.name}", which the query did not load; '
        f"loading it {_raises(body)}",
        (*steps(body, found.way), suggestion.for_lacking(body, found)),
    )


def _loaded_on_access(body: Body, inner: Body, found: Unloaded) -> Finding:
    """The finding for a read in a body, or in a function ``inner`` that it runs."""
    runs = "runs" if found.rows else "may run"
    return Finding(
        CODE,
        found.read.node,
        f"{operation(body, found.read.node)} {runs} a query, which {_raises(body)}",
        (suggestion.for_unloaded(inner, found),),
    )


def _raises(body: Body) -> str:
    return f"{EFFECTS[Effect.RAISES]} {inside(body)}"
