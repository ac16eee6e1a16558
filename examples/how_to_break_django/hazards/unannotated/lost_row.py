# mypy: enable-error-code="async-race-orm"
"""A row that is loaded, changed by its own value and saved.

Between query and save others save the same row: their copy of the book is lost again.
"""

from django.db.models import F
from django.http import HttpResponse

from library.models import Book


async def add_copy(request, pk):
    book = await Book.objects.aget(pk=pk)
    book.copies += 1
    await book.asave()
    return HttpResponse("One more")


async def add_copy_in_database(request, pk):
    await Book.objects.filter(pk=pk).aupdate(copies=F("copies") + 1)
    return HttpResponse("One more")
