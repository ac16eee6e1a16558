"""A coroutine that waits with time.sleep for a flag that another one should set.

The event loop stands still for ever; the other one would only set a local name anyway.
"""

import asyncio
import time

from django.http import HttpResponse

doors_open = False


async def open_doors():
    doors_open = True


async def wait_for_doors():
    while not doors_open:
        time.sleep(0.01)


async def opening(request):
    asyncio.wait({wait_for_doors, open_doors})
    return HttpResponse("Open")


async def opening_gathered(request):
    await asyncio.gather(wait_for_doors(), open_doors())
    return HttpResponse("Open")
