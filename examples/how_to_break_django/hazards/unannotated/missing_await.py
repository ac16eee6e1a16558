"""The async query without its await.

The template gets a coroutine and renders an empty title; a condition on one is always true.
"""

from django.http import HttpResponse
from django.shortcuts import render

from library.models import Book, Loan


async def book_page(request, pk):
    book = Book.objects.aget(pk=pk)
    return render(request, "library/book.html", {"book": book})


async def is_lent(pk):
    return await Loan.objects.filter(book_id=pk).aexists()


async def status(request, pk):
    if is_lent(pk):
        return HttpResponse("Lent")
    return HttpResponse("On the shelf")


async def status_awaited(request, pk):
    if await is_lent(pk):
        return HttpResponse("Lent")
    return HttpResponse("On the shelf")
