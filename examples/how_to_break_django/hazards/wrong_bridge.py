"""Bridges between sync and async code, used the wrong way round.

Some raise, some run the query in the event loop after all, some never run it.
"""

from asgiref.sync import async_to_sync, sync_to_async
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render

from library.models import Book


def find_title(pk: int) -> str:
    return Book.objects.get(pk=pk).title


async def fetch_title(pk: int) -> str:
    book = await Book.objects.aget(pk=pk)
    return book.title


async def title_called_too_early(request: HttpRequest, pk: int) -> HttpResponse:
    title = await sync_to_async(find_title(pk))()
    return HttpResponse(title)


async def title_never_called(request: HttpRequest, pk: int) -> HttpResponse:
    title = await sync_to_async(find_title)
    return HttpResponse(title)


async def title_of_async_function(request: HttpRequest, pk: int) -> HttpResponse:
    title = await sync_to_async(fetch_title)(pk)
    return HttpResponse(title)


def title_of_sync_function(request: HttpRequest, pk: int) -> HttpResponse:
    return HttpResponse(async_to_sync(find_title)(pk))


async def titles_still_lazy(request: HttpRequest) -> HttpResponse:
    books = await sync_to_async(Book.objects.order_by)("title")
    titles = [book.title for book in books]
    return render(request, "library/titles.html", {"titles": titles})


async def title_bridged(request: HttpRequest, pk: int) -> HttpResponse:
    title = await sync_to_async(find_title)(pk)
    return HttpResponse(title)
