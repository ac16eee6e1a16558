"""Disagreements that were found and mended: a program each, in which the marked lines raise."""

import sys
from pathlib import Path
from typing import Final

import django
import pytest

sys.path.insert(0, str(Path(__file__).parent))

from grammar import Line, start, written
from verdicts import VARIANTS, Verdict, verdicts

MARK = "  # raises"

FOUND: Final = {
    "a relation to many rows is no column": """
    book = await Book.objects.only("title").aget(pk=1)
    tags = book.tags
    comments = book.comments
    pages = book.pages  # raises
    """,
    "an instance that may be None": """
    author = await Author.objects.afirst()
    assert author is not None
    publisher = author.publisher  # raises
    """,
    "a list whose type mypy gets wrong": """
    books = await sync_to_async(list)(Book.objects.all())
    names = [book.author.name for book in books]  # raises
    """,
    "rows in a dict": """
    book = (await Book.objects.select_related("author").ain_bulk())[1]
    author = book.author
    publisher = book.publisher  # raises
    """,
    "rows of a list or 404": """
    for book in await aget_list_or_404(Book):
        author = book.author  # raises
    for book in await aget_list_or_404(Book.objects.select_related("author")):
        author = book.author
    """,
    "rows of a related manager with a queryset of the project's": """
    author = await Author.objects.aget(pk=1)
    async for book in author.books.all():
        parent = book.author
        publisher = book.publisher  # raises
        reviews = len(book.reviews.all())  # raises
    async for book in author.books.select_related("publisher"):
        publisher = book.publisher
    """,
    "rows of a related manager that was prefetched with what is behind it": """
    author = await Author.objects.prefetch_related("books__publisher").aget(pk=1)
    for book in author.books.all():
        publisher = book.publisher
        tags = len(book.tags.all())  # raises
    async for book in author.books.filter(pk__gt=0):
        publisher = book.publisher  # raises
    """,
    "what is deferred and the only one to load": """
    book = await Book.objects.defer("pages").only("pages").aget(pk=1)
    title = book.title
    book = await Book.objects.only("pages").defer("pages", "title").aget(pk=1)
    pages = book.pages
    title = book.title  # raises
    """,
    "a refresh of some columns keeps the keys": """
    book = await Book.objects.select_related("author", "publisher").aget(pk=1)
    await book.arefresh_from_db(fields=["pages"])
    author = book.author
    await book.arefresh_from_db()
    publisher = book.publisher  # raises
    """,
    "a prefetch loads the key that it needs": """
    books = Book.objects.only("title").prefetch_related("author")
    keys = [book.author_id async for book in books]
    keys = [book.publisher_id async for book in books.all()]  # raises
    """,
    "the far side of a one-to-one of an instance made here": """
    author = await Author.objects.acreate(name="New")
    has_profile = hasattr(author, "profile")  # raises
    unsaved = Author(name="New")
    has_profile = hasattr(unsaved, "profile")
    """,
    "one instance of a list that was prefetched": """
    books = [book async for book in Book.objects.all()]
    await aprefetch_related_objects(books, "author", "publisher")
    author = books[0].author
    first = books[0]
    publisher = first.publisher
    """,
    "a queryset given to aiter()": """
    books = Book.objects.all()
    book = await anext(aiter(books))
    count = len(books)
    author = book.author  # raises
    """,
    "a function inside that uses what is loaded": """
    books = Book.objects.all()
    async for book in books:
        pass
    def inner() -> int:
        return len(books)
    count = inner()
    count = (lambda: len(books))()
    """,
    "a function inside that uses what is not loaded": """
    books = Book.objects.all()
    def inner() -> int:
        return len(books)
    count = inner()  # raises
    """,
}

if django.VERSION < (6, 1):
    FOUND["the key to a parent is never deferred"] = """
    publisher = await Publisher.objects.aget(pk=1)
    keys = [author.publisher_id async for author in publisher.authors.only("name")]
    """


@pytest.fixture(scope="module")
def said(tmp_path_factory: pytest.TempPathFactory) -> dict[str, list[Verdict]]:
    """What Django and mypy say of each program."""
    programs = {name: _program(number, name) for number, name in enumerate(FOUND)}
    found: dict[str, list[Verdict]] = {name: [] for name in FOUND}
    for verdict in verdicts(list(programs.values()), tmp_path_factory.mktemp("found")):
        name = next(name for name, program in programs.items() if program is verdict.program)
        found[name].append(verdict)
    return found


@pytest.mark.parametrize("name", FOUND)
def test_both_say_what_is_marked(name: str, said: dict[str, list[Verdict]]) -> None:
    """Django raises in the marked lines, and mypy reports them, annotated or not."""
    text = [line.annotated for line in _program(0, name)]
    marked = {index for index, line in enumerate(text) if line.endswith(MARK)}
    assert {verdict.index for verdict in said[name] if verdict.ran != "clean"} == marked
    for variant in VARIANTS:
        mine = [verdict for verdict in said[name] if verdict.variant == variant]
        assert {verdict.index for verdict in mine if verdict.said} == marked, variant


def _program(number: int, name: str) -> list[Line]:
    lines = FOUND[name].strip("\n").rstrip().splitlines()
    return [written(text) for text in (start(number), *lines)]
