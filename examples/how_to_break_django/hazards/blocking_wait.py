"""A coroutine that waits with time.sleep for a flag that another one should set.

The event loop stands still for ever; the other one would only set a local name anyway.
"""

import asyncio
import time

from django.http import HttpRequest, HttpResponse

doors_open = False


async def open_doors() -> None:
    doors_open = True


async def wait_for_doors() -> None:
    while not doors_open:
        time.sleep(0.01)


async def opening(request: HttpRequest) -> HttpResponse:
    asyncio.wait({wait_for_doors, open_doors})
    return HttpResponse("Open")


async def opening_gathered(request: HttpRequest) -> HttpResponse:
    await asyncio.gather(wait_for_doors(), open_doors())
    return HttpResponse("Open")
