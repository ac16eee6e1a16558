"""Tags and filters: some query, some read what they are given."""

from django import template

from shop.models import Author, Book

register = template.Library()


@register.simple_tag
def books_in_stock() -> int:
    """Count the books."""
    return Book.objects.count()


@register.simple_tag
def opening_hours() -> str:
    """Say when the shop is open."""
    return "9 to 5"


@register.filter
def written_by(author: Author) -> int:
    """Count the books of an author."""
    return author.books.count()


@register.filter
def shouted(text: str) -> str:
    """Add a mark."""
    return f"{text}!"


@register.simple_tag
def writer(book: Book) -> str:
    """Name the author of a book."""
    return book.author.name


@register.inclusion_tag("shop/shelf.html")
def shelf():  # type: ignore[no-untyped-def]
    """Show all books."""
    return {"books": Book.objects.all()}


@register.inclusion_tag("shop/shelf.html")
def row_of(books):  # type: ignore[no-untyped-def]
    """Show some books."""
    return {"books": books}
