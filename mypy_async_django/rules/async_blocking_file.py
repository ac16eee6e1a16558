"""File I/O in an async function.

## What it does

Access to files in an `async def`: `open` and the methods of what it returns, `Path.read_text` and
its like, `os` and `shutil` functions that reach the disk, temporary files, archives, Django's
storages and file fields.

This code is off by default. Switch it on with `enable_error_code = async-blocking-file`.

```python
from pathlib import Path

from django.http import HttpRequest, HttpResponse


async def terms(request: HttpRequest) -> HttpResponse:
    return HttpResponse(Path("terms.html").read_text())
```

## Why is this bad?

Operating systems have no way to wait for a file as they wait for a socket: a read returns when the
data is there, and the event loop stands still until then. On a local disk that mostly is well
under a millisecond, which is why many projects accept it. On a network drive, on a busy disk, or
with a file of many megabytes it is as bad as any other blocking call.

## How to fix it

Run the whole of it in a thread, not one method after another: each hop has its price.

```python
import asyncio
from pathlib import Path

from django.http import HttpRequest, HttpResponse


async def terms(request: HttpRequest) -> HttpResponse:
    return HttpResponse(await asyncio.to_thread(Path("terms.html").read_text))
```

## When to ignore it

Where files are small and local, leave it off. To have it for a part of the project only, put
`enable_error_code = async-blocking-file` in that part's section of mypy's configuration.

## Known limits

- `read` and `chunks` of an upload are not reported where its class is not known: a small upload is
  in memory.
- A file object that comes in as `IO[str]` or `TextIO` may be in memory too, and is left alone.
- Only the coroutine's own lines count: a function of yours that opens a file is not reported where
  a coroutine calls it.
- `print` and logging write to files as well. They are not reported.
"""

from collections.abc import Iterator
from typing import Final

from mypy_async_django.catalogue.row import Effect
from mypy_async_django.codes import ASYNC_BLOCKING, code
from mypy_async_django.explanation import explained
from mypy_async_django.finding import Finding
from mypy_async_django.index.matches.matches import matches
from mypy_async_django.index.syntax.body import Body

CODE: Final = code(
    "async-blocking-file", "File I/O in an async function", parent=ASYNC_BLOCKING, default=False
)


def findings(body: Body) -> Iterator[Finding]:
    """Calls, uses and properties that wait for a file."""
    for matched in matches(body):
        if matched.api.effect is Effect.BLOCKS_ON_FILE:
            yield explained(CODE, body, matched)
