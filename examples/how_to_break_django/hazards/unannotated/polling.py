"""A coroutine that asks a hundred times a second whether a flag is set.

It works, and keeps the event loop busy for nothing: an event wakes it when there is news.
"""

import asyncio

from django.http import HttpResponse

doors_open = False


async def open_doors():
    global doors_open
    doors_open = True


async def wait_for_doors():
    while not doors_open:
        await asyncio.sleep(0.01)


async def opening(request):
    asyncio.wait({wait_for_doors, open_doors})
    return HttpResponse("Open")


async def opening_gathered(request):
    await asyncio.gather(wait_for_doors(), open_doors())
    return HttpResponse("Open")


async def opening_with_event(request):
    doors = asyncio.Event()

    async def open_the_doors():
        doors.set()

    await asyncio.gather(doors.wait(), open_the_doors())
    return HttpResponse("Open")
