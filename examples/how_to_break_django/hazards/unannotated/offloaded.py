"""Sync queries moved to a thread.

That is the cure, as long as the call is awaited: without, nothing runs the query.
"""

from asgiref.sync import sync_to_async
from django.shortcuts import render

from library.models import Book


@sync_to_async
def load_book(pk):
    return Book.objects.select_related("author").get(pk=pk)


async def book_page(request, pk):
    book = load_book(pk)
    return render(request, "library/book.html", {"book": book})


async def book_page_awaited(request, pk):
    book = await load_book(pk)
    return render(request, "library/book.html", {"book": book})
