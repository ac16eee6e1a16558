"""Async work that is left for later, where nobody takes care of it.

Django calls the hook like any function and drops the coroutine: nothing of it runs. The event loop
keeps no hold of a task: it may be gone before it is done.
"""

import asyncio

from asgiref.sync import async_to_sync
from django.db import transaction
from django.http import HttpRequest, HttpResponse

from library.models import Loan


async def forget_old_loans() -> None:
    await Loan.objects.filter(reader="").adelete()


def tidy_up_after_commit(request: HttpRequest) -> HttpResponse:
    transaction.on_commit(forget_old_loans)
    return HttpResponse("Tidied up")


async def tidy_up_later(request: HttpRequest) -> HttpResponse:
    asyncio.create_task(forget_old_loans())
    return HttpResponse("Tidied up soon")


def tidy_up_after_commit_for_sure(request: HttpRequest) -> HttpResponse:
    transaction.on_commit(async_to_sync(forget_old_loans))
    return HttpResponse("Tidied up")


async def tidy_up_meanwhile(request: HttpRequest) -> HttpResponse:
    async with asyncio.TaskGroup() as tasks:
        tasks.create_task(forget_old_loans())
    return HttpResponse("Tidied up")
