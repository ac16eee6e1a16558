"""Two coroutines started together, one of which needs what the other does.

Nobody knows which comes first, nor, without an await, whether they run at all.
"""

import asyncio

from django.http import HttpResponse

from library.models import Loan


async def take_back():
    await Loan.objects.filter(reader="Ada").adelete()


async def lend_again():
    if not await Loan.objects.filter(reader="Ada").aexists():
        await Loan.objects.acreate(book_id=1, reader="Ada")


async def renew(request):
    asyncio.wait({take_back(), lend_again()})
    return HttpResponse("Renewed")


async def renew_gathered(request):
    asyncio.gather(take_back(), lend_again())
    return HttpResponse("Renewed")


async def renew_from_a_set(request):
    await asyncio.gather(*{take_back(), lend_again()})
    return HttpResponse("Renewed")


async def renew_together(request):
    await asyncio.gather(take_back(), lend_again())
    return HttpResponse("Renewed")


async def renew_in_tasks(request):
    await asyncio.wait({asyncio.create_task(take_back()), asyncio.create_task(lend_again())})
    return HttpResponse("Renewed")


async def renew_in_order(request):
    await take_back()
    await lend_again()
    return HttpResponse("Renewed")
