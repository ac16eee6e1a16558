"""Coroutine used as if it were its result.

## What it does

A forgotten `await` where Python accepts the coroutine object in place of its result, in sync
functions too:

- tested: `if is_banned(name):`, `not`, `and`, `or`, `assert`, `any`, the condition of a
  comprehension
- made into text: f-strings, `str`, `print`, `%`, `format`, log messages
- compared: `==`, `in`, `is None`, looked up in a dict
- handed to something that takes any value: the context of `render`, the data of `JsonResponse`,
  the content of `HttpResponse`, any parameter of type `Any` or `object`; of your own functions, if
  the function tests, shows or compares what it gets, or hands it on to such a place
- assigned to an attribute, or handed to a parameter, whose declared type no coroutine has, in code
  that mypy does not check
- a coroutine function where its call was meant: `asyncio.gather(load)`

The coroutine is followed through names, displays, comprehensions, loops, local containers and
attributes of local objects. The error stands where it is made, as that is where the `await` is
missing.

```python
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from shop.models import Book


async def book_page(request: HttpRequest, pk: int) -> HttpResponse:
    book = Book.objects.aget(pk=pk)
    return render(request, "shop/book.html", {"book": book})
```

## Why is this bad?

The code does not run, and nothing stops you from using what you get in its place. A coroutine
object is always true, so the test lets everybody pass or nobody. It never equals anything. A
template renders `{{ book.title }}` as empty text, with status 200. An f-string shows
`<coroutine object QuerySet.aget at 0x7f...>` to your users. Of these, only `JsonResponse` raises
an exception: a coroutine cannot be made into JSON.

## How to fix it

```python
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from shop.models import Book


async def book_page(request: HttpRequest, pk: int) -> HttpResponse:
    book = await Book.objects.aget(pk=pk)
    return render(request, "shop/book.html", {"book": book})
```

## When to ignore it

A function of a package that is made to take coroutines but declares its parameter as `Any` gets a
report at every call. Write `# type: ignore[coroutine-as-value]`, or hand it on in a function of
your own whose parameter is declared as `Coroutine[Any, Any, T]` or `Awaitable[T]`.

## Known limits

- Where mypy itself reports the line for the same reason (`acount() + 1`, an argument of the wrong
  type, an attribute of a coroutine), this rule adds nothing.
- A parameter without annotation is not known to take anything, so nothing is reported for it. Nor
  is anything for a function of your own that stores or returns what it gets: somebody may await it.
- A coroutine in a container or object that other code gets counts as taken care of: that code may
  take it out again and await it. So does one in an attribute of `self`.
- What is taken out of a dict, as by `items()`, is not followed.
"""

from collections.abc import Iterator
from typing import Final

from mypy.nodes import CallExpr, MemberExpr

from mypy_async_django import suggestion
from mypy_async_django.codes import code
from mypy_async_django.finding import Finding, Note, quoted
from mypy_async_django.index.coroutines.coroutine_values import (
    coroutine_values,
    mypy_knows,
    uncalled_functions,
)
from mypy_async_django.index.coroutines.value_uses import ValueUse
from mypy_async_django.index.syntax.body import Body

CODE: Final = code("coroutine-as-value", "Coroutine used as if it were its result")
EVERYWHERE: Final = True

_MISUSED: Final = {
    ValueUse.TESTED: "a coroutine object is always true",
    ValueUse.FORMATTED: "the text shows the coroutine object",
    ValueUse.COMPARED: "the coroutine object is compared",
    ValueUse.LOOKED_INTO: "the coroutine object does not have what its result has",
    ValueUse.PASSED: "the coroutine object is used as a value",
    ValueUse.MISTYPED: "the coroutine object is stored in its place",
}

_GETTING: Final = frozenset({ValueUse.PASSED, ValueUse.MISTYPED})
#: Uses that mypy reports where it knows that the value is a coroutine.
_REPORTED: Final = frozenset({ValueUse.LOOKED_INTO, ValueUse.MISTYPED})
_RIGHT: Final = frozenset({ValueUse.TAKEN_CARE_OF, ValueUse.DROPPED, ValueUse.RETURNED})


def findings(body: Body) -> Iterator[Finding]:
    """Coroutines that are tested, formatted, compared or passed on as a value."""
    for call, end in coroutine_values(body):
        if end.use in _RIGHT:
            continue
        what = _MISUSED[end.use]
        if end.use in _GETTING and isinstance(end.node, CallExpr):
            what = f"{quoted(body.source.text(end.node.callee))} gets the coroutine object"
        elif end.use in _GETTING and isinstance(end.node, MemberExpr):
            what = f"{quoted(body.source.text(end.node))} gets the coroutine object"
        text = quoted(body.source.text(call))
        is_elsewhere = end.node.line != call.line
        yield Finding(
            CODE,
            call,
            f"{text} is not awaited; {what}",
            (
                suggestion.for_coroutine(body, call),
                *(
                    [Note(f"The coroutine of {text} is used here", end.node)]
                    if is_elsewhere
                    else []
                ),
            ),
            unless_said="Coroutine",
            mypy_reports=end.use in _REPORTED and mypy_knows(body, call),
        )
    for function in uncalled_functions(body):
        text = quoted(body.source.text(function))
        yield Finding(
            CODE,
            function,
            f"Expected a coroutine, got the async function {text}; did you forget to call it?",
            (suggestion.for_uncalled(body, function),),
        )
