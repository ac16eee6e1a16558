"""Two coroutines started together, one of which needs what the other does.

Nobody knows which comes first, nor, without an await, whether they run at all.
"""

import asyncio

from django.http import HttpRequest, HttpResponse

from library.models import Loan


async def take_back() -> None:
    await Loan.objects.filter(reader="Ada").adelete()


async def lend_again() -> None:
    if not await Loan.objects.filter(reader="Ada").aexists():
        await Loan.objects.acreate(book_id=1, reader="Ada")


async def renew(request: HttpRequest) -> HttpResponse:
    asyncio.wait({take_back(), lend_again()})
    return HttpResponse("Renewed")


async def renew_gathered(request: HttpRequest) -> HttpResponse:
    asyncio.gather(take_back(), lend_again())
    return HttpResponse("Renewed")


async def renew_from_a_set(request: HttpRequest) -> HttpResponse:
    await asyncio.gather(*{take_back(), lend_again()})
    return HttpResponse("Renewed")


async def renew_together(request: HttpRequest) -> HttpResponse:
    await asyncio.gather(take_back(), lend_again())
    return HttpResponse("Renewed")


async def renew_in_tasks(request: HttpRequest) -> HttpResponse:
    await asyncio.wait({asyncio.create_task(take_back()), asyncio.create_task(lend_again())})
    return HttpResponse("Renewed")


async def renew_in_order(request: HttpRequest) -> HttpResponse:
    await take_back()
    await lend_again()
    return HttpResponse("Renewed")
