"""A coroutine that asks a hundred times a second whether a flag is set.

It works, and keeps the event loop busy for nothing: an event wakes it when there is news.
"""

import asyncio

from django.http import HttpRequest, HttpResponse

doors_open = False


async def open_doors() -> None:
    global doors_open
    doors_open = True


async def wait_for_doors() -> None:
    while not doors_open:
        await asyncio.sleep(0.01)


async def opening(request: HttpRequest) -> HttpResponse:
    asyncio.wait({wait_for_doors, open_doors})
    return HttpResponse("Open")


async def opening_gathered(request: HttpRequest) -> HttpResponse:
    await asyncio.gather(wait_for_doors(), open_doors())
    return HttpResponse("Open")


async def opening_with_event(request: HttpRequest) -> HttpResponse:
    doors = asyncio.Event()

    async def open_the_doors() -> None:
        doors.set()

    await asyncio.gather(doors.wait(), open_the_doors())
    return HttpResponse("Open")
