"""Books, their authors, and who borrowed them."""

from django.db import models


class Author(models.Model):
    """Somebody who wrote books."""

    name = models.CharField(max_length=100)

    def __str__(self) -> str:
        return self.name


class Book(models.Model):
    """One title, of which the library owns some copies."""

    title = models.CharField(max_length=200)
    author = models.ForeignKey(Author, on_delete=models.CASCADE, related_name="books")
    copies = models.PositiveIntegerField(default=1)

    def __str__(self) -> str:
        return self.title


class Loan(models.Model):
    """A copy of a book that is out."""

    book = models.ForeignKey(Book, on_delete=models.CASCADE, related_name="loans")
    reader = models.CharField(max_length=100)

    def __str__(self) -> str:
        return f"{self.reader} has book {self.book_id}"
