"""An await in front of time.sleep.

It blocks the event loop as before, and then fails: None cannot be awaited.
"""

import asyncio
import time

from django.http import HttpRequest, HttpResponse

doors_open = False


async def open_doors() -> None:
    global doors_open
    doors_open = True


async def wait_for_doors() -> None:
    while not doors_open:
        await time.sleep(0.01)


async def opening(request: HttpRequest) -> HttpResponse:
    asyncio.wait({wait_for_doors, open_doors})
    return HttpResponse("Open")


async def opening_gathered(request: HttpRequest) -> HttpResponse:
    await asyncio.gather(wait_for_doors(), open_doors())
    return HttpResponse("Open")
