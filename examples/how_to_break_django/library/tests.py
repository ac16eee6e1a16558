"""The sync code is right: its tests pass. They say nothing of who calls it."""

from django.test import TestCase

from library.lending import lend
from library.models import Author, Book
from library.shelves import newest_titles


class LibraryTests(TestCase):
    """Lending and the list of new titles."""

    def setUp(self) -> None:
        author = Author.objects.create(name="Mary Shelley")
        self.book = Book.objects.create(title="Frankenstein", author=author, copies=1)

    def test_lends_while_copies_are_left(self) -> None:
        self.assertEqual(lend(self.book.pk, "Ada"), "Ada takes Frankenstein")
        self.assertEqual(lend(self.book.pk, "Alan"), "All copies are out")

    def test_lists_titles(self) -> None:
        self.assertEqual(newest_titles(), ["Frankenstein"])
