"""Async function where a sync function is expected.

## What it does

An `async def` that takes the place of a sync function, whose caller does not await it:

- a method that overrides a sync one: `has_perm` of an auth backend, `clean` of a form, `save` of a
  model, `test_func` of a view, `ready` of an app, or one of any class of yours or of a package
- methods that Django calls by their names: `clean_title` of a form, `process_request` of a
  middleware
- permissions, authentication, throttles, serializers and views of Django REST framework
- tests of a `unittest.TestCase` that is none of Django's: they pass without having run
- functions for templates, `@register.filter` and `@register.simple_tag`, and for the admin

Overrides are reported where mypy does not check them, in methods without annotations. With
annotations mypy's own `override` error says it.

```python
from django.contrib.auth.mixins import UserPassesTestMixin
from django.views.generic import TemplateView
from shop.models import Author


class Report(UserPassesTestMixin, TemplateView):
    async def test_func(self):
        return await Author.objects.filter(name=self.request.GET["author"]).aexists()
```

## Why is this bad?

Calling an `async def` gives a coroutine object, and runs nothing. A coroutine object is true: a
permission check that is one lets everybody in. A `save` that is one saves nothing.

## How to fix it

Keep the method sync. Django runs sync views in a thread, where the sync methods of the database
are right.

```python
from django.contrib.auth.mixins import UserPassesTestMixin
from django.views.generic import TemplateView
from shop.models import Author


class Report(UserPassesTestMixin, TemplateView):
    def test_func(self):
        return Author.objects.filter(name=self.request.GET["author"]).exists()
```

Where Django has an async twin of the method that it does await, such as `ahas_perm` of an auth
backend, override that one.

## When to ignore it

If the base class awaits what it gets although it does not say so, or if the object is only ever
used by code that awaits the method: write `# type: ignore[async-override]` on the line.

## Known limits

- With `check_untyped_defs`, mypy's `override` looks at methods without annotations too. Where you
  have it ignored, this rule is silent as well.
- A method of the same name that is awaited anywhere in the module is taken as meant.
- Of a base class without annotations only a method is known that the class itself tests, in the
  same module: `if self.is_allowed():`.
- Of Django REST framework without type stubs only the base classes named in the `class` statement
  are seen. Where `adrf` is installed, which awaits these methods, nothing is reported of it.
- An async `BaseCommand.handle` is `coroutine-as-callback`.
- A class that only has the right methods, without a base class, is not known to be a backend or a
  middleware.
"""

from collections.abc import Iterator
from typing import Final

from mypy.nodes import FuncDef

from mypy_async_django.catalogue.callbacks import Misuse
from mypy_async_django.codes import code
from mypy_async_django.finding import MYPY_REPORTS_OVERRIDE, Finding
from mypy_async_django.index.coroutines.overrides import CalledBy, Misplaced, misplaced
from mypy_async_django.index.syntax.body import Body

CODE: Final = code("async-override", "Async function where a sync function is expected")


def findings(body: Body) -> Iterator[Finding]:
    """A coroutine function whose caller does not await it."""
    found = misplaced(body)
    if found is None or not isinstance(body.function, FuncDef):
        return
    yield Finding(
        CODE,
        body.function,
        f'Async "{body.name}" {_CALLED[found.called_by].format(found.caller)}; '
        f"{_MISUSED[found.misuse]}",
        (_fix(body.name, found),),
        unless_said=MYPY_REPORTS_OVERRIDE,
        mypy_reports=found.mypy_reports,
    )


_CALLED: Final = {
    CalledBy.OVERRIDDEN_METHOD: 'overrides a sync method of "{}"',
    CalledBy.CLASS: 'is called without await by "{}"',
    CalledBy.DECORATOR: 'is passed to "{}", which calls it without await',
}

_MISUSED: Final = {
    Misuse.TRUTHY: "the returned coroutine is always truthy",
    Misuse.DROPPED: "the returned coroutine is dropped, so the function body never runs",
    Misuse.RESULT: "the returned coroutine is used as the result",
}


def _fix(name: str, found: Misplaced) -> str:
    if found.twin is not None:
        return f'Override "async def {found.twin}", which is awaited, or make "{name}" sync'
    return f'Make "{name}" sync; call async code in it with "async_to_sync(...)(...)"'
