# mypy: enable-error-code="bridge-thread"
"""A query in a thread that Django knows nothing of.

The thread opens a connection of its own, which nobody closes, and sees nothing of a transaction.
"""

import asyncio

from asgiref.sync import sync_to_async
from django.http import HttpResponse

from library.models import Book


def all_titles():
    return ", ".join(book.title for book in Book.objects.all())


async def titles(request):
    return HttpResponse(await asyncio.to_thread(all_titles))


async def titles_on_shared_connection(request):
    return HttpResponse(await sync_to_async(all_titles)())
