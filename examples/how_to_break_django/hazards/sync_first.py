"""Sync code with passing tests, called from an async view.

Its queries and pauses are calls away; no test of the sync code can tell.
"""

import asyncio
import time

from asgiref.sync import sync_to_async
from django.http import HttpRequest, HttpResponse

from library.lending import lend


def lend_to_ada(pk: int) -> str:
    return lend(pk, "Ada")


async def lend_book(request: HttpRequest, pk: int) -> HttpResponse:
    answer = lend_to_ada(pk)
    return HttpResponse(answer)


async def lend_book_in_thread(request: HttpRequest, pk: int) -> HttpResponse:
    answer = await sync_to_async(lend_to_ada)(pk)
    return HttpResponse(answer)


def print_receipt() -> None:
    time.sleep(0.1)


async def receipt(request: HttpRequest) -> HttpResponse:
    print_receipt()
    return HttpResponse("Printed")


async def receipt_in_thread(request: HttpRequest) -> HttpResponse:
    await asyncio.to_thread(print_receipt)
    return HttpResponse("Printed")
