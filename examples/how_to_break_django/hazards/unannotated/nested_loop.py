"""Async code called from sync code and back: a function is one or the other.

A second event loop cannot start inside the first: RuntimeError. Without a bridge, nothing runs.
"""

import asyncio

from asgiref.sync import async_to_sync
from django.http import HttpResponse

from library.models import Book


async def title_of(pk):
    book = await Book.objects.aget(pk=pk)
    return book.title


def title_for_sync_code(pk):
    return async_to_sync(title_of)(pk)


async def title_bridged(request, pk):
    title = async_to_sync(title_of)(pk)
    return HttpResponse(title)


async def title_in_second_loop(request, pk):
    title = asyncio.run(title_of(pk))
    return HttpResponse(title)


async def title_through_helper(request, pk):
    title = title_for_sync_code(pk)
    return HttpResponse(title)


def title_without_bridge(request, pk):
    title = title_of(pk)
    return HttpResponse(f"{title}")


def title_in_sync_view(request, pk):
    title = title_for_sync_code(pk)
    return HttpResponse(title)


async def title_in_async_view(request, pk):
    title = await title_of(pk)
    return HttpResponse(title)
