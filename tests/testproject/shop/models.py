"""Books and the people and things around them: one model for each kind of relation."""

from __future__ import annotations

from typing import Any

from django.contrib.contenttypes.fields import GenericForeignKey, GenericRelation
from django.contrib.contenttypes.models import ContentType
from django.db import models


class Timestamped(models.Model):
    """An abstract base."""

    created = models.DateTimeField(auto_now_add=True)

    class Meta:
        abstract = True

    def touch(self) -> None:
        """Write to the database: a sync helper on an abstract model."""
        self.save(update_fields=["created"])


class Publisher(models.Model):
    """At the far end of two foreign keys."""

    name = models.CharField(max_length=100)

    def __str__(self) -> str:
        return self.name


class Author(models.Model):
    """Has a nullable key, and reverse relations of both kinds."""

    name = models.CharField(max_length=100)
    publisher = models.ForeignKey(
        Publisher, on_delete=models.SET_NULL, null=True, related_name="authors"
    )

    def __str__(self) -> str:
        return self.name

    @property
    def latest_title(self) -> str:
        """Evaluate a query behind a property."""
        return self.books.latest("pk").title


class Tag(models.Model):
    """The other side of a many-to-many relation; its label is unique."""

    label = models.CharField(max_length=50, unique=True)

    def __str__(self) -> str:
        return self.label


class Comment(models.Model):
    """A note on anything."""

    text = models.TextField()
    content_type = models.ForeignKey(ContentType, on_delete=models.CASCADE)
    object_id = models.PositiveBigIntegerField()
    subject = GenericForeignKey("content_type", "object_id")

    def __str__(self) -> str:
        return self.text


class BookQuerySet(models.QuerySet["Book"]):
    """Methods of our own: one is lazy, one evaluates."""

    def published(self) -> BookQuerySet:
        """Add a filter, without touching the database."""
        return self.filter(publisher__isnull=False)

    def newest(self) -> Book | None:
        """Query the database."""
        return self.order_by("-pk").first()


BookManager = models.Manager.from_queryset(BookQuerySet)


class InlineManager(models.Manager.from_queryset(BookQuerySet)):  # type: ignore[misc]
    """Has a base of which mypy knows nothing."""

    def get_queryset(self):  # type: ignore[no-untyped-def]
        """Load the author."""
        return super().get_queryset().select_related("author")

    def longest(self):  # type: ignore[no-untyped-def]
        """Query the database."""
        return self.order_by("-pages").first()


class Book(models.Model):
    """The centre: keys, a nullable key, many-to-many, a generic relation and two managers."""

    title = models.CharField(max_length=100)
    pages = models.PositiveIntegerField(default=0)
    author = models.ForeignKey(Author, on_delete=models.CASCADE, related_name="books")
    co_author = models.ForeignKey(
        Author, on_delete=models.SET_NULL, null=True, blank=True, related_name="co_written"
    )
    publisher = models.ForeignKey(Publisher, on_delete=models.CASCADE, related_name="books")
    tags = models.ManyToManyField(Tag, related_name="books", blank=True)
    comments = GenericRelation(Comment)

    objects = BookQuerySet.as_manager()
    shelf = BookManager()
    inline = InlineManager()

    def __str__(self) -> str:
        return self.title

    def get_absolute_url(self) -> str:
        """Follow a foreign key, as such methods do."""
        return f"/{self.author.name}/{self.pk}/"


class Novel(Book):
    """A proxy."""

    class Meta:
        proxy = True


class Profile(models.Model):
    """The far end of a one-to-one relation."""

    author = models.OneToOneField(Author, on_delete=models.CASCADE, related_name="profile")
    bio = models.TextField(blank=True)

    def __str__(self) -> str:
        return self.bio


class ReviewManager(models.Manager["Review"]):
    """Overrides ``get_queryset``."""

    def get_queryset(self) -> models.QuerySet[Review]:
        """Leave out the empty ones."""
        return super().get_queryset().exclude(text="")

    def longest(self) -> Review | None:
        """Query the database from a manager's own method."""
        return self.order_by("-text").first()


class Review(Timestamped):
    """Inherits from the abstract base, overrides ``save`` and has a manager of its own."""

    book = models.ForeignKey(Book, on_delete=models.CASCADE, related_name="reviews")
    text = models.TextField()

    objects = ReviewManager()

    def __str__(self) -> str:
        return self.text

    def save(self, *args: Any, **kwargs: Any) -> None:
        """Strip the text first."""
        self.text = self.text.strip()
        super().save(*args, **kwargs)


class Attachment(models.Model):
    """A file of a book; the same one only once."""

    book = models.ForeignKey(Book, on_delete=models.CASCADE, related_name="attachments")
    content = models.FileField(upload_to="attachments")

    class Meta:
        constraints = (
            models.UniqueConstraint(fields=["book", "content"], name="shop_attachment_once"),
        )

    def __str__(self) -> str:
        return self.content.name or ""


class LoanQuerySet(models.QuerySet):  # type: ignore[type-arg]
    """Methods without annotations: querysets, a row, a coroutine."""

    def open(self):  # type: ignore[no-untyped-def]
        """Add a filter."""
        return self.filter(returned=False)

    def with_book(self):  # type: ignore[no-untyped-def]
        """Load the book with each loan."""
        return self.select_related("book")

    def of(self, book):  # type: ignore[no-untyped-def]
        """Build on another method."""
        return self.open().filter(book=book)

    def latest_open(self):  # type: ignore[no-untyped-def]
        """Query the database."""
        return self.open().order_by("-pk").first()

    async def afirst_open(self):  # type: ignore[no-untyped-def]
        """Query the database asynchronously."""
        return await self.open().afirst()


class OpenLoanManager(models.Manager):  # type: ignore[type-arg]
    """Overrides ``get_queryset``, which loads nothing."""

    def get_queryset(self):  # type: ignore[no-untyped-def]
        """Leave out what was returned."""
        return super().get_queryset().filter(returned=False)

    def recent(self):  # type: ignore[no-untyped-def]
        """Build on it."""
        return self.get_queryset().order_by("-pk")


class LoadedLoanManager(models.Manager):  # type: ignore[type-arg]
    """Overrides ``get_queryset``, which loads the book."""

    def get_queryset(self):  # type: ignore[no-untyped-def]
        """Load the book."""
        return super().get_queryset().select_related("book")


class Loan(models.Model):
    """Has managers whose methods have no annotations."""

    book = models.ForeignKey(Book, on_delete=models.CASCADE, related_name="loans")
    returned = models.BooleanField(default=False)

    objects = LoanQuerySet.as_manager()
    open = OpenLoanManager()
    loaded = LoadedLoanManager()

    def __str__(self) -> str:
        return str(self.pk)
