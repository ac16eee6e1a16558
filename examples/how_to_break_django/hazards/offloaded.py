"""Sync queries moved to a thread.

That is the cure, as long as the call is awaited: without, nothing runs the query.
"""

from asgiref.sync import sync_to_async
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render

from library.models import Book


@sync_to_async
def load_book(pk: int) -> Book:
    return Book.objects.select_related("author").get(pk=pk)


async def book_page(request: HttpRequest, pk: int) -> HttpResponse:
    book = load_book(pk)
    return render(request, "library/book.html", {"book": book})


async def book_page_awaited(request: HttpRequest, pk: int) -> HttpResponse:
    book = await load_book(pk)
    return render(request, "library/book.html", {"book": book})
