"""An await in front of time.sleep.

It blocks the event loop as before, and then fails: None cannot be awaited.
"""

import asyncio
import time

from django.http import HttpResponse

doors_open = False


async def open_doors():
    global doors_open
    doors_open = True


async def wait_for_doors():
    while not doors_open:
        await time.sleep(0.01)


async def opening(request):
    asyncio.wait({wait_for_doors, open_doors})
    return HttpResponse("Open")


async def opening_gathered(request):
    await asyncio.gather(wait_for_doors(), open_doors())
    return HttpResponse("Open")
