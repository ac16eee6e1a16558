"""Blocking call in an async function.

## What it does

Calls in an `async def` that wait for something and hold the event loop while they do:

- `time.sleep`, `input`, and waiting for processes: `subprocess.run`, `os.system`
- the network without async: `requests`, `urllib`, `http.client`, `smtplib`, sockets, the sync
  clients of httpx, Redis, MongoDB and AWS, database drivers used directly
- waiting for threads: `lock.acquire()`, `event.wait()`, `thread.join()`, `future.result()`
- what Django does outside its database guard: the cache, mail, hashing passwords, sending signals

The catalogue lists them all. Functions of your own are added with the setting `blocking`.

A call that is told not to wait is fine: `lock.acquire(blocking=False)`, `queue.get(timeout=0)`. So
is one that need not, as the code has asked before: `if not queue.empty(): queue.get()`.

```python
import time

from django.core.cache import cache
from django.http import HttpRequest, HttpResponse


async def status(request: HttpRequest) -> HttpResponse:
    while cache.get("rebuilding"):
        time.sleep(0.1)
    return HttpResponse("ready")
```

## Why is this bad?

All coroutines of a process take turns in one thread, and a coroutine gives up its turn only at an
`await`. During `time.sleep(1)` no other request is answered, no timeout fires and no connection is
accepted. Nothing fails, and outside asyncio's debug mode nothing is logged: all that shows is a
server that is slow under load.

## How to fix it

Await the async form where there is one. Otherwise run the call in a thread: with `sync_to_async`
if it is Django's or uses the database, with `asyncio.to_thread` if not.

```python
import asyncio
import subprocess

from django.core.cache import cache
from django.http import HttpRequest, HttpResponse


async def status(request: HttpRequest) -> HttpResponse:
    revision = await asyncio.to_thread(subprocess.check_output, ["git", "rev-parse", "HEAD"])
    await cache.aset("revision", revision)
    await asyncio.sleep(0.1)
    return HttpResponse(revision)
```

## When to ignore it

A cache in local memory does not wait for anything, and at start-up or in a management command no
other request is waiting. Put a module of that kind under `disable_error_code = async-blocking`, or
name what is harmless in your project in the setting `trusted`:
`django.core.cache.backends.base.BaseCache.get`. Without `async-blocking`, its sub-codes are silent
too.

## Known limits

- Known is what the catalogue and your settings name. A package that is in neither may block
  unseen.
- Only the coroutine's own lines count here: what the functions that it calls do is reported as
  `async-blocking-call`.
- Long computations block the event loop as well; nothing in the code tells how long they take.
- Tests and pytest's fixtures are left out, as nothing else runs on a test's event loop. The setting
  `blocking_in_tests` has them back.
- `with lock:` is not reported. It is how threads and the event loop share a variable, and mostly
  held for a moment only.
- Which cache it is, and whether a socket is in blocking mode, is not known. Both are reported.
"""

from collections.abc import Iterator
from typing import Final

from mypy_async_django.catalogue.row import Effect
from mypy_async_django.codes import ASYNC_BLOCKING
from mypy_async_django.explanation import explained
from mypy_async_django.finding import Finding
from mypy_async_django.index.matches.matches import matches
from mypy_async_django.index.syntax.body import Body

CODE: Final = ASYNC_BLOCKING


def findings(body: Body) -> Iterator[Finding]:
    """Calls, uses and properties that block the event loop."""
    for matched in matches(body):
        if matched.api.effect is Effect.BLOCKS:
            yield explained(CODE, body, matched)
