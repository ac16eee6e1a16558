"""What asyncio's debug mode reports: a slow coroutine, and one that nobody awaited.

It does so when the line has run, if it ever ran with the debug mode on.
"""

import asyncio
import subprocess

from django.http import HttpRequest, HttpResponse

from library.models import Loan


async def forget_old_loans() -> None:
    await Loan.objects.filter(reader="").adelete()


async def print_label(request: HttpRequest) -> HttpResponse:
    subprocess.run(["sleep", "0.2"], check=True)
    return HttpResponse("Printed")


async def tidy_up(request: HttpRequest) -> HttpResponse:
    forget_old_loans()
    return HttpResponse("Tidied up")


async def print_label_meanwhile(request: HttpRequest) -> HttpResponse:
    label = await asyncio.create_subprocess_exec("sleep", "0.2")
    await label.wait()
    return HttpResponse("Printed")


async def tidy_up_awaited(request: HttpRequest) -> HttpResponse:
    await forget_old_loans()
    return HttpResponse("Tidied up")
