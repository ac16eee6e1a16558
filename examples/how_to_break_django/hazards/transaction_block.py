"""A transaction around awaited queries.

It opens in the event loop's thread, the queries run in another: Django refuses to, or, with its
guard switched off, rolls nothing back.
"""

from asgiref.sync import sync_to_async
from django.db import transaction
from django.http import HttpRequest, HttpResponse

from library.models import Book, Loan


async def lend(request: HttpRequest, pk: int) -> HttpResponse:
    with transaction.atomic():
        book = await Book.objects.aget(pk=pk)
        await Loan.objects.acreate(book=book, reader="Ada")
    return HttpResponse("Lent")


@transaction.atomic
async def lend_decorated(request: HttpRequest, pk: int) -> HttpResponse:
    book = await Book.objects.aget(pk=pk)
    await Loan.objects.acreate(book=book, reader="Ada")
    return HttpResponse("Lent")


def record_loan(pk: int, reader: str) -> None:
    with transaction.atomic():
        book = Book.objects.get(pk=pk)
        Loan.objects.create(book=book, reader=reader)


async def lend_in_one_function(request: HttpRequest, pk: int) -> HttpResponse:
    await sync_to_async(record_loan)(pk, "Ada")
    return HttpResponse("Lent")
