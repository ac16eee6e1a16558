"""The views under works/ do what they should, each in the event loop of a test."""

from collections.abc import Iterator

from django.test import TestCase
from django.urls import URLResolver, get_resolver

from library.models import Author, Book


def pages(resolver: URLResolver, start: str = "/") -> Iterator[str]:
    """The address of every view, with placeholders."""
    for pattern in resolver.url_patterns:
        address = f"{start}{pattern.pattern}"
        if isinstance(pattern, URLResolver):
            yield from pages(pattern, address)
        else:
            yield address


class WorkingViewTests(TestCase):
    """Every page that should work, asked for once."""

    def setUp(self) -> None:
        author = Author.objects.create(name="Frank Herbert")
        self.book = Book.objects.create(pk=1, title="Dune", author=author, copies=100)

    async def test_answers(self) -> None:
        working = [page for page in pages(get_resolver()) if "/works/" in page]
        self.assertTrue(working)
        for page in working:
            with self.subTest(page):
                response = await self.async_client.get(page.replace("<int:pk>", f"{self.book.pk}"))
                self.assertEqual(response.status_code, 200)
