"""Tags that query, and one that does not."""

from django import template

from shop.models import Book

register = template.Library()


@register.simple_tag
def books_in_stock() -> int:
    """Count the books."""
    return Book.objects.count()


@register.simple_tag
def opening_hours() -> str:
    """Say when the shop is open."""
    return "9 to 5"
