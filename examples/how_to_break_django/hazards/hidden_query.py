"""Queries that nobody sees: behind a helper, a loop, an attribute.

Django's guard raises SynchronousOnlyOperation for each of them, once the line runs.
"""

from asgiref.sync import sync_to_async
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render

from library.models import Book
from library.shelves import newest_titles


async def new_titles(request: HttpRequest) -> HttpResponse:
    titles = newest_titles()
    return render(request, "library/titles.html", {"titles": titles})


async def all_titles(request: HttpRequest) -> HttpResponse:
    titles = [book.title for book in Book.objects.order_by("title")]
    return render(request, "library/titles.html", {"titles": titles})


async def author_of(request: HttpRequest, pk: int) -> HttpResponse:
    book = await Book.objects.aget(pk=pk)
    return HttpResponse(book.author.name)


async def new_titles_in_thread(request: HttpRequest) -> HttpResponse:
    titles = await sync_to_async(newest_titles)()
    return render(request, "library/titles.html", {"titles": titles})


async def all_titles_in_order(request: HttpRequest) -> HttpResponse:
    titles = [book.title async for book in Book.objects.order_by("title")]
    return render(request, "library/titles.html", {"titles": titles})


async def author_selected(request: HttpRequest, pk: int) -> HttpResponse:
    book = await Book.objects.select_related("author").aget(pk=pk)
    return HttpResponse(book.author.name)
