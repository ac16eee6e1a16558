"""Sync-only Django call in an async function.

## What it does

Calls in an `async def` that Django refuses to run on an event loop:

- queries of managers, querysets and related managers: `get`, `first`, `count`, `create`, `update`
- `save`, `delete` and `refresh_from_db` of a model instance
- shortcuts such as `get_object_or_404`
- cursors and schema editors
- users and sessions: `authenticate`, `login`, `user.has_perm`, `request.session.get`
- model forms that are validated or saved, pages of a `Paginator`, the test client
- model serializers of Django REST framework and, where its stubs are installed, its generic views

The same in sync functions that a framework runs on the event loop: `setup` and `dispatch` of a view
whose handlers are async, and sync resolvers of strawberry in a module with async ones.

The catalogue lists them all. Functions of your own are added with the setting `async_unsafe`.

What only builds a query (`filter`, `order_by`, a slice) is fine in a coroutine and is not
reported. Neither is a function that is handed over without being called:
`sync_to_async(Book.objects.get)`.

```python
from django.http import HttpRequest, HttpResponse
from shop.models import Book


async def book_page(request: HttpRequest, pk: int) -> HttpResponse:
    book = Book.objects.get(pk=pk)
    return HttpResponse(book.title)
```

## Why is this bad?

Django's database code checks for a running event loop, and where there is one it raises
`SynchronousOnlyOperation` instead of running the query. It can only do that once the line runs: a
branch that no test reaches fails in production.

With the environment variable `DJANGO_ALLOW_ASYNC_UNSAFE` set there is no exception. The query then
runs on the event loop, and every other request of the process waits until it is done.

## How to fix it

Most of Django's methods have an async twin, the same name with an "a" in front. What has none goes
through `sync_to_async`, best together with the code around it, as one function. A connection and
its cursors belong to a thread: for them it has to be one function, from `connection` to the last
row.

```python
from asgiref.sync import sync_to_async
from django.http import HttpRequest, HttpResponse
from shop.models import Book


def rename(book: Book, title: str) -> None:
    book.title = title
    book.full_clean()
    book.save()


async def book_page(request: HttpRequest, pk: int) -> HttpResponse:
    book = await Book.objects.aget(pk=pk)
    await sync_to_async(rename)(book, "Emma")
    return HttpResponse(book.title)
```

## When to ignore it

In code that only ever runs with `DJANGO_ALLOW_ASYNC_UNSAFE` set, such as a module for notebooks,
put `async-unsafe` under `disable_error_code` for that module. It switches its sub-codes off too.

Some calls raise only sometimes, and the message says when: `user.has_perm` asks the database
unless the user is a superuser. Where you know better, write `# type: ignore[async-unsafe]`, or
name a function that is always safe in the setting `trusted`.

## Known limits

- The type of the object has to be known: a value of type `Any` may be anything, so it is left
  alone.
- In functions without annotations less is known: mypy does not work out types there, unless
  `check_untyped_defs` is on.
- Only the coroutine's own lines count here. What a function of yours does that it calls, such as a
  manager's method or a `save` that your model overrides, is reported as `async-unsafe-call`.
- Functions and lambdas inside a coroutine are left alone where they stand, as they may run
  elsewhere. Calling them is `async-unsafe-call`.
- The managers of generic relations have no type in django-stubs.
"""

from collections.abc import Iterator
from typing import Final

from mypy_async_django.catalogue.row import Effect
from mypy_async_django.codes import ASYNC_UNSAFE
from mypy_async_django.explanation import explained
from mypy_async_django.finding import Finding
from mypy_async_django.index.matches.matches import matches
from mypy_async_django.index.syntax.body import Body

CODE: Final = ASYNC_UNSAFE


def findings(body: Body) -> Iterator[Finding]:
    """Calls that raise SynchronousOnlyOperation."""
    for matched in matches(body):
        if (
            matched.api.effect is Effect.RAISES
            and matched.is_explicit
            and not matched.is_of_transaction
        ):
            yield explained(CODE, body, matched)
