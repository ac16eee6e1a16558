"""One function sets up the database connection, another one uses it.

With thread_sensitive=False each may run in a thread, and on a connection, of its own.
"""

from asgiref.sync import sync_to_async
from django.db import connection
from django.http import HttpResponse

from library.models import Book


@sync_to_async(thread_sensitive=False)
def match_case_anywhere():
    with connection.cursor() as cursor:
        cursor.execute("PRAGMA case_sensitive_like = ON")


@sync_to_async(thread_sensitive=False)
def count_matches_anywhere(word):
    return Book.objects.filter(title__contains=word).count()


async def search_anywhere(request):
    await match_case_anywhere()
    count = await count_matches_anywhere("dune")
    return HttpResponse(f"{count} found")


@sync_to_async
def match_case():
    with connection.cursor() as cursor:
        cursor.execute("PRAGMA case_sensitive_like = ON")


@sync_to_async
def count_matches(word):
    return Book.objects.filter(title__contains=word).count()


async def search(request):
    await match_case()
    count = await count_matches("dune")
    return HttpResponse(f"{count} found")
