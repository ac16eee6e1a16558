"""Sync code around the library's queries: harmless, until a coroutine calls it."""

from library.models import Book


def newest_titles() -> list[str]:
    """The titles that came last."""
    return [book.title for book in newest_books()]


def newest_books() -> list[Book]:
    """The books that came last."""
    return list(Book.objects.order_by("-pk")[:5])
