"""A sync query in an async view.

Django refuses to run it on the event loop: SynchronousOnlyOperation, and a page with status 500.
"""

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render

from library.models import Book


async def book_page(request: HttpRequest, pk: int) -> HttpResponse:
    book = Book.objects.get(pk=pk)
    return render(request, "library/book.html", {"book": book})


async def book_page_awaited(request: HttpRequest, pk: int) -> HttpResponse:
    book = await Book.objects.aget(pk=pk)
    return render(request, "library/book.html", {"book": book})
