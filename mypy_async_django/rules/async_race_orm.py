"""Read-modify-write of a model field.

## What it does

In an `async def`: an instance is fetched, a field is set to something that depends on the field's
old value, and the instance is saved: with `asave`, or with `save` in a thread. The same where
`aupdate`, or `update` in a thread, sets the field to a value computed from what was read of the
row.

```python
from shop.models import Book


async def add_page(pk: int) -> None:
    book = await Book.objects.aget(pk=pk)
    book.pages += 1
    await book.asave()
```

## Why is this bad?

Query and save are two statements, and what another request has saved in between is overwritten.
That happens in sync code too; in a coroutine there is an `await` at both ends, and a thousand
others may come in.

This is off by default, as for many fields the last one to save may well win.

## How to fix it

Let the database do it: an `F()` expression reads and writes in one statement. Where Python has to
work out the new value, read and save in one sync function with a transaction and
`select_for_update()`.

```python
from asgiref.sync import sync_to_async
from django.db import transaction
from django.db.models import F
from shop.models import Book


async def add_page(pk: int) -> None:
    await Book.objects.filter(pk=pk).aupdate(pages=F("pages") + 1)


@sync_to_async
def shorten_title(pk: int) -> None:
    with transaction.atomic():
        book = Book.objects.select_for_update().get(pk=pk)
        book.title = book.title[:10]
        book.save(update_fields=["title"])
```

## When to ignore it

Leave it off where rows have one owner who changes them one after the other.

## Known limits

- Only where the query, the change and the save are in the same function.
- An update counts if it looks the row up as the query did, or by the row's primary key, and by
  nothing else: `filter(pk=pk, version=book.version)` finds no row that was changed in between.
- An instance that comes in as a parameter is not looked at, nor one that was just created.
- `update_fields` counts if it is written as a list of strings.
"""

from collections.abc import Iterator
from typing import Final

from mypy_async_django import suggestion
from mypy_async_django.codes import ASYNC_RACE, code
from mypy_async_django.explanation import inside
from mypy_async_django.finding import Finding, Note, quoted
from mypy_async_django.index.state.lost_updates import StaleSave, stale_saves
from mypy_async_django.index.state.stale_updates import StaleUpdate, stale_updates
from mypy_async_django.index.syntax.body import Body

CODE: Final = code(
    "async-race-orm",
    "Read-modify-write of a model field",
    parent=ASYNC_RACE,
    default=False,
)


def findings(body: Body) -> Iterator[Finding]:
    """Saves that overwrite what was saved since the row was loaded."""
    for found in stale_saves(body):
        yield Finding(
            CODE,
            found.save,
            f'Possible lost update {inside(body)}: "{found.instance.name}.{found.field}" is loaded, '
            "changed and saved, which overwrites changes made in between",
            (*_places(found), suggestion.for_stale_save(body, found)),
        )
    for update in stale_updates(body):
        yield _stale_update(body, update)


def _stale_update(body: Body, found: StaleUpdate) -> Finding:
    field = quoted(found.field)
    notes = [suggestion.for_stale_update(body, found)]
    if found.read.line != found.update.line:
        notes.insert(0, Note(f"{field} is read here", found.read))
    return Finding(
        CODE,
        found.update,
        f"Possible lost update {inside(body)}: {field} is read, changed and written back, which "
        "overwrites changes made in between",
        tuple(notes),
    )


def _places(found: StaleSave) -> Iterator[Note]:
    """Notes at the query and at the change, if those are on lines of their own."""
    field = quoted(f"{found.instance.name}.{found.field}")
    if found.query.line not in {found.change.line, found.save.line}:
        yield Note(f"{field} is loaded here", found.query)
    if found.change.line != found.save.line:
        yield Note(f"{field} is changed here, from the value that was loaded", found.change)
