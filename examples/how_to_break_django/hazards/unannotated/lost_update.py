"""A counter that is read before an await and written after it.

Whatever other coroutines counted in between is overwritten.
"""

import asyncio

from django.http import HttpResponse

from library.models import Book

visits = {"today": 0, "books": 0}


async def count_visit():
    before = visits["today"]
    await asyncio.sleep(0.01)
    visits["today"] = before + 1


async def two_visits(request):
    asyncio.wait({count_visit(), count_visit()})
    return HttpResponse("Counted")


async def two_visits_gathered(request):
    await asyncio.gather(count_visit(), count_visit())
    return HttpResponse("Counted")


async def count_books(request):
    visits["books"] += await Book.objects.acount()
    return HttpResponse("Counted")


async def count_visit_at_once():
    await asyncio.sleep(0.01)
    before = visits["today"]
    visits["today"] = before + 1


async def two_visits_never_waited_for(request):
    asyncio.wait({count_visit_at_once(), count_visit_at_once()})
    return HttpResponse("Counted")


async def two_visits_at_once(request):
    await asyncio.gather(count_visit_at_once(), count_visit_at_once())
    return HttpResponse("Counted")
