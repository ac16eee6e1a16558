"""Lending, written sync first and with tests: three functions down, a query."""

from library.models import Book, Loan


def lend(pk: int, reader: str) -> str:
    """Lend a book if a copy is left, and say what happened."""
    book = book_on_shelf(pk)
    if book is None:
        return "All copies are out"
    record_loan(book, reader)
    return f"{reader} takes {book.title}"


def book_on_shelf(pk: int) -> Book | None:
    """The book, unless all its copies are out."""
    book = Book.objects.get(pk=pk)
    return book if copies_left(book) else None


def copies_left(book: Book) -> int:
    """How many copies are not lent."""
    return book.copies - book.loans.count()


def record_loan(book: Book, reader: str) -> None:
    """Write down who has the book."""
    Loan.objects.create(book=book, reader=reader)
