"""A Django project of any size: models, helpers that call each other across apps, and coroutines."""

from pathlib import Path
from string import Template
from typing import Final

_MODELS: Final = """
from django.db import models


class Author$n(models.Model):
    name = models.CharField(max_length=100)
    born = models.DateField(null=True)

    @property
    def label(self) -> str:
        return f"{self.name} ({self.born})"

    def book_count(self) -> int:
        return self.books.count()


class Book$n(models.Model):
    title = models.CharField(max_length=100)
    pages = models.IntegerField(default=0)
    author = models.ForeignKey(Author$n, on_delete=models.CASCADE, related_name="books")

    def __str__(self) -> str:
        return self.title

    def heading(self) -> str:
        return f"{self.title} by {self.author.name}"
"""
_SELECTORS: Final = """
from collections.abc import Iterable

from django.db.models import QuerySet

from app$n.models import Author$n, Book$n


def long_books(pages: int) -> QuerySet[Book$n]:
    return Book$n.objects.filter(pages__gte=pages).order_by("title")


def titles(books: Iterable[Book$n]) -> list[str]:
    found = []
    for book in books:
        if book.pages > 10 and book.title:
            found.append(book.title.strip().lower())
    return sorted(found)


def author_named(name: str) -> Author$n | None:
    try:
        return Author$n.objects.get(name=name)
    except Author$n.DoesNotExist:
        return None
"""
_SERVICES: Final = """
import json
import logging
from dataclasses import dataclass

from app$n.models import Author$n, Book$n
from app$n.selectors import author_named, long_books, titles
from app$before.text import shortened, words

logger = logging.getLogger(__name__)


@dataclass
class Report$n:
    author: str
    books: int
    titles: list[str]

    def as_json(self) -> str:
        return json.dumps({"author": self.author, "books": self.books, "titles": self.titles})


def report(name: str, pages: int) -> Report$n | None:
    author = author_named(name)
    if author is None:
        logger.info("nobody is called %s", shortened(name, 20))
        return None
    found = titles(long_books(pages))
    return Report$n(author.label, author.book_count(), [shortened(t, 30) for t in found])


def renamed(author: Author$n, name: str) -> Author$n:
    author.name = " ".join(words(name))
    author.save(update_fields=["name"])
    return author


def headings(books: list[Book$n]) -> dict[int, str]:
    return {book.pk: book.heading() for book in books if book.pages}
"""
_TEXT: Final = """
import re

_WORD = re.compile(r"[a-z]+", re.IGNORECASE)


def words(text: str) -> list[str]:
    return [match.group(0).lower() for match in _WORD.finditer(text)]


def shortened(text: str, length: int) -> str:
    if len(text) <= length:
        return text
    kept = text[: length - 1].rsplit(" ", 1)[0]
    return kept + "…"


def counted(text: str) -> dict[str, int]:
    counts: dict[str, int] = {}
    for word in words(text):
        counts[word] = counts.get(word, 0) + 1
    return counts


def version() -> int:
    return 0
"""
_VIEWS: Final = """
from asgiref.sync import sync_to_async
from django.http import Http404, HttpRequest, HttpResponse, JsonResponse

from app$n.models import Author$n, Book$n
from app$n.services import headings, renamed, report
from app$n.text import counted, shortened


async def author_report(request: HttpRequest, name: str) -> HttpResponse:
    found = await sync_to_async(report)(name, 100)
    if found is None:
        raise Http404
    return HttpResponse(found.as_json(), content_type="application/json")


async def book(request: HttpRequest, pk: int) -> JsonResponse:
    found = await Book$n.objects.select_related("author").aget(pk=pk)
    return JsonResponse({"title": shortened(found.title, 40), "author": found.author.name})


async def rename(request: HttpRequest, pk: int) -> JsonResponse:
    author = await Author$n.objects.aget(pk=pk)
    author = await sync_to_async(renamed)(author, request.POST["name"])
    return JsonResponse({"name": author.name})


async def listing(request: HttpRequest) -> JsonResponse:
    books = [b async for b in Book$n.objects.select_related("author")]
    return JsonResponse({"headings": headings(books), "words": counted(str(len(books)))})


async def broken(request: HttpRequest, name: str) -> JsonResponse:
    found = report(name, 10)
    return JsonResponse({"books": found.books if found else 0})
"""
_FORMS: Final = """
from django import forms

from app$n.models import Book$n
from app$n.text import words


class Book${n}Form(forms.ModelForm[Book$n]):
    class Meta:
        model = Book$n
        fields = ["title", "pages", "author"]

    def clean_title(self) -> str:
        title = self.cleaned_data["title"]
        if len(words(title)) > 20:
            raise forms.ValidationError("too long")
        return str(title)
"""
_TASKS: Final = """
from datetime import date

from app$n.models import Author$n
from app$n.services import renamed
from app$n.text import shortened


def tidy(limit: int = 10) -> int:
    changed = 0
    for author in Author$n.objects.filter(born__lt=date(1900, 1, 1))[:limit]:
        if author.name != author.name.strip():
            renamed(author, author.name)
            changed += 1
    return changed


def summary(names: list[str]) -> str:
    return ", ".join(shortened(name, 12) for name in sorted(set(names)) if name)
"""
_URLS: Final = """
from django.urls import path

from app$n import views

urlpatterns = [
    path("report/<str:name>/", views.author_report),
    path("book/<int:pk>/", views.book),
    path("books/", views.listing),
    path("rename/<int:pk>/", views.rename),
]
"""
_MODULES: Final = {
    "__init__": "",
    "models": _MODELS,
    "selectors": _SELECTORS,
    "services": _SERVICES,
    "text": _TEXT,
    "views": _VIEWS,
    "forms": _FORMS,
    "tasks": _TASKS,
    "urls": _URLS,
    "apps": '\nfrom django.apps import AppConfig\n\n\nclass App$n(AppConfig):\n    name = "app$n"\n',
}

#: A module of helpers that views reach through services; it ends with a number.
HELPER: Final = "app0/text.py"


def write(folder: Path, modules: int) -> None:
    """Write a project of about so many modules, ten to an app, with its settings."""
    apps = modules // len(_MODULES)
    for n in range(apps):
        app = folder / f"app{n}"
        app.mkdir(parents=True)
        for name, text in _MODULES.items():
            source = Template(text.lstrip("\n")).substitute(n=n, before=max(n - 1, 0))
            (app / f"{name}.py").write_text(source)
    names = ", ".join(f'"app{n}"' for n in range(apps))
    (folder / "settings.py").write_text(
        f'INSTALLED_APPS = [{names}]\nSECRET_KEY = "-"\nDEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"\n'
        'DATABASES = {"default": {"ENGINE": "django.db.backends.sqlite3", "NAME": ":memory:"}}\n'
    )
