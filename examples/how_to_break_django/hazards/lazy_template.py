"""Queries in templates: what a template reads, iterates or counts is loaded while it is rendered.

``render`` runs in the event loop, so Django's guard raises SynchronousOnlyOperation inside the template.
"""

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render

from library.models import Author, Book


async def book_page(request: HttpRequest, pk: int) -> HttpResponse:
    book = await Book.objects.aget(pk=pk)
    return render(request, "library/details.html", {"book": book})


async def author_page(request: HttpRequest, pk: int) -> HttpResponse:
    author = await Author.objects.aget(pk=pk)
    return render(request, "library/author.html", {"author": author, "books": author.books.all()})


async def book_page_loaded(request: HttpRequest, pk: int) -> HttpResponse:
    book = await Book.objects.select_related("author").aget(pk=pk)
    return render(request, "library/details.html", {"book": book})


async def author_page_loaded(request: HttpRequest, pk: int) -> HttpResponse:
    author = await Author.objects.aget(pk=pk)
    books = [book async for book in author.books.all()]
    return render(request, "library/author.html", {"author": author, "books": books})
