"""Sync code with passing tests, called from an async view.

Its queries and pauses are calls away; no test of the sync code can tell.
"""

import asyncio
import time

from asgiref.sync import sync_to_async
from django.http import HttpResponse

from library.lending import lend


def lend_to_ada(pk):
    return lend(pk, "Ada")


async def lend_book(request, pk):
    answer = lend_to_ada(pk)
    return HttpResponse(answer)


async def lend_book_in_thread(request, pk):
    answer = await sync_to_async(lend_to_ada)(pk)
    return HttpResponse(answer)


def print_receipt():
    time.sleep(0.1)


async def receipt(request):
    print_receipt()
    return HttpResponse("Printed")


async def receipt_in_thread(request):
    await asyncio.to_thread(print_receipt)
    return HttpResponse("Printed")
