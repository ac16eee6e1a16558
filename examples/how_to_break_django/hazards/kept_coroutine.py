"""A cache around an `async def`, which keeps the coroutine instead of its result.

The first visitor is served; for the second the same coroutine is awaited again: RuntimeError.
"""

from functools import lru_cache

from django.core.cache import cache
from django.http import HttpRequest, HttpResponse

from library.models import Book


@lru_cache
async def count_books() -> int:
    return await Book.objects.acount()


async def front_page(request: HttpRequest) -> HttpResponse:
    return HttpResponse(f"{await count_books()} books")


async def front_page_kept(request: HttpRequest) -> HttpResponse:
    books = await cache.aget("books")
    if books is None:
        books = await Book.objects.acount()
        await cache.aset("books", books, 60)
    return HttpResponse(f"{books} books")
