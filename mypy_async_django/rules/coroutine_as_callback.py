"""Async function where a sync callback is expected.

## What it does

An `async def`, or a lambda or sync function that returns a coroutine, given to something that calls
it like a plain function and does not await what it returns:

- `transaction.on_commit`
- `loop.call_soon`, `loop.call_later`, `add_done_callback` and their like, `signal.signal`
- the `callback` of an `ExitStack` or `AsyncExitStack`
- `threading.Thread(target=...)`, `threading.Timer`, `executor.submit`
- `atexit.register`, `weakref.finalize`
- `filter`, for which every coroutine is true
- `signal.connect` before Django 5.0, which brought async receivers
- functions of your own that call what they get and drop the result, test it or print it, with or
  without annotations, also through other functions that they pass it on to, and as the default of a
  parameter
- `handle` of a management command, written as `async def`: the command fails with
  `AttributeError: 'coroutine' object has no attribute 'endswith'`

```python
from django.db import transaction
from shop.models import Book


async def announce() -> None:
    print("a new book")


def add(book: Book) -> None:
    with transaction.atomic():
        book.save()
        transaction.on_commit(announce)
```

## Why is this bad?

The call makes a coroutine object, and nobody awaits it. Not one line of the function runs: the
mail is not sent, the cleanup not done. Often all there is to see is a
`RuntimeWarning: coroutine '...' was never awaited` on standard error.

## How to fix it

Hand over a plain function. `async_to_sync` makes one of a coroutine function. On the event loop,
where `async_to_sync` is not allowed, use a function that starts a task and keeps it in a set, or in
the place of `filter` a comprehension that awaits.

```python
from asgiref.sync import async_to_sync
from django.db import transaction
from shop.models import Book


async def announce() -> None:
    print("a new book")


def add(book: Book) -> None:
    with transaction.atomic():
        book.save()
        transaction.on_commit(async_to_sync(announce))
```

## When to ignore it

There is no good use for it. If a class of yours overrides one of these methods so that it does
await the result, write `# type: ignore[coroutine-as-callback]`.

## Known limits

- Only where they are called: used as a decorator, as in `@transaction.on_commit`, they are not
  known.
- A function of your own that does anything else with its parameter, stores or returns it or asks
  whether it is a coroutine function, may await it: nothing is reported.
- Wrong types are mypy's: an async `key` for `sorted` and an async `Command.handle` with annotations
  are `arg-type` and `override` errors.
"""

from collections.abc import Iterator
from typing import Final

from mypy.nodes import CallExpr, Expression, FuncDef, LambdaExpr, MemberExpr

from mypy_async_django import suggestion
from mypy_async_django.bridge.types import classes, makes_coroutine
from mypy_async_django.catalogue.callbacks import CALLBACKS, METHODS, Callback, Misuse
from mypy_async_django.codes import code
from mypy_async_django.finding import MYPY_REPORTS_OVERRIDE, Finding, quoted
from mypy_async_django.index.coroutines.callback_parameters import (
    coroutine_function,
    dropped_callbacks,
)
from mypy_async_django.index.coroutines.overrides import callback_owner
from mypy_async_django.index.resolution.offloading import handed_over
from mypy_async_django.index.syntax.body import Body
from mypy_async_django.index.syntax.operations import called_name, calls

CODE: Final = code("coroutine-as-callback", "Async function where a sync callback is expected")
EVERYWHERE: Final = True


def findings(body: Body) -> Iterator[Finding]:
    """Coroutine functions handed to what calls them and does not await the coroutine."""
    owner = callback_owner(body)
    if owner is not None and isinstance(body.function, FuncDef):
        misuse = _MISUSED[METHODS[owner.fullname][body.name]]
        yield Finding(
            CODE,
            body.function,
            f'"{owner.name}" calls the async method "{body.name}" without await and {misuse}',
            (f'Make "{body.name}" sync; call async code in it with "async_to_sync(...)(...)"',),
            unless_said=MYPY_REPORTS_OVERRIDE,
        )
    yield from _defaults(body)
    for call in calls(body):
        yield from _dropped(body, call)
        callback = _callback(body, call)
        if callback is None or body.catalogue.django_version >= callback.until:
            continue
        given = handed_over(call, callback)
        function = coroutine_function(body, given) if given is not None else None
        if function is None:
            continue
        caller = quoted(body.source.text(call.callee))
        yield Finding(
            CODE,
            function,
            f"{caller} calls {_callee(body, function)} without await and "
            f"{_MISUSED[callback.misuse]}",
            (suggestion.for_callback(body, call, function, callback),),
            unless_said="Coroutine",
        )


def _defaults(body: Body) -> Iterator[Finding]:
    """Coroutine functions that are defaults of parameters which the function calls without ``await``."""
    function, effects = body.function, body.effects
    if not isinstance(function, FuncDef) or effects is None or body.is_nested(function):
        return
    for argument in function.arguments:
        default = argument.initializer
        called = coroutine_function(body, default) if default is not None else None
        if called is None:
            continue
        misuse = effects.misuse_of_callback(function, argument.variable.name)
        if misuse is not None:
            yield Finding(
                CODE,
                called,
                f'"{body.name}" calls the default of "{argument.variable.name}", '
                f"{_callee(body, called)} without await and {_MISUSED[misuse]}",
                (f'Await the result in "{body.name}", or use a sync default',),
                unless_said="Coroutine",
            )


def _dropped(body: Body, call: CallExpr) -> Iterator[Finding]:
    """Coroutine functions that a function of the project calls and does not await."""
    for function, misuse in dropped_callbacks(body, call):
        yield Finding(
            CODE,
            function,
            f"{quoted(body.source.text(call.callee))} calls {_callee(body, function)} without "
            f"await and {_MISUSED[misuse]}",
            (suggestion.for_own_callback(body, call, function),),
            unless_said="Coroutine",
        )


_MISUSED: Final = {
    Misuse.DROPPED: "drops the coroutine",
    Misuse.COMPARED: "compares the coroutines",
    Misuse.TRUTHY: "treats every coroutine as true",
    Misuse.VALUE: "uses the coroutine as the value",
    Misuse.RESULT: "returns the coroutine as the result",
    Misuse.OUTPUT: "writes the coroutine as text, which fails",
    Misuse.FORMATTED: "shows the coroutine as text",
}


def _callee(body: Body, function: Expression) -> str:
    text = quoted(body.source.text(function))
    is_async = makes_coroutine(body.type_of(function)) and not isinstance(function, LambdaExpr)
    return f"the async function {text}" if is_async else f"{text}, which returns a coroutine,"


def _callback(body: Body, call: CallExpr) -> Callback | None:
    name = called_name(body, call)
    if name is not None:
        return CALLBACKS.get(name)
    if isinstance(call.callee, MemberExpr):
        for info in classes(body.type_of(call.callee.expr)):
            for base in info.mro:
                if found := CALLBACKS.get(f"{base.fullname}.{call.callee.name}"):
                    return found
    return None
