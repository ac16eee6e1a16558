"""What the recipes work with: Django set up, a filled database, and its rows as objects."""

import asyncio
import os
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager
from importlib import import_module
from pathlib import Path
from typing import Any, TypeVar

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "testproject.settings")

import django
from asgiref.sync import sync_to_async
from databases import Settings
from django.apps import apps

if not apps.ready:
    django.setup()

from django.contrib.auth.models import Group, Permission, User
from django.contrib.contenttypes.models import ContentType
from django.contrib.sessions.backends.db import SessionStore
from django.contrib.sites.models import Site
from django.core.cache import cache
from django.core.files.base import ContentFile
from django.core.management import call_command
from django.db import connections
from django.http import HttpRequest
from django.test import RequestFactory, override_settings

#: Any: the project is type-checked in the cases of the rules, here its shape is of no interest.
shop: Any = import_module("shop.models")

_T = TypeVar("_T")
SETTINGS: dict[str, Any] = {
    "CACHES": {"default": {"BACKEND": "django.core.cache.backends.locmem.LocMemCache"}},
    "PASSWORD_HASHERS": ["django.contrib.auth.hashers.MD5PasswordHasher"],
    "ROOT_URLCONF": "recipes.others",
    "STATIC_URL": "/static/",
    "STATICFILES_FINDERS": ["django.contrib.staticfiles.finders.AppDirectoriesFinder"],
    "TASKS": {
        "default": {"BACKEND": "django.tasks.backends.immediate.ImmediateBackend"},
        "dummy": {"BACKEND": "django.tasks.backends.dummy.DummyBackend"},
    },
}
_LOCMEM_MAIL = "django.core.mail.backends.locmem.EmailBackend"
if django.VERSION >= (6, 1):
    SETTINGS["MAILERS"] = {"default": {"BACKEND": _LOCMEM_MAIL}}
else:
    SETTINGS["EMAIL_BACKEND"] = _LOCMEM_MAIL


class World:
    """The rows of the database. Made in a thread without an event loop, so it may query."""

    def __init__(self) -> None:
        self.publisher = shop.Publisher.objects.get()
        self.author = shop.Author.objects.get(name="Ursula")
        self.book = shop.Book.objects.get(title="The Dispossessed")
        self.tag = shop.Tag.objects.get(label="classic")
        self.attachment = shop.Attachment.objects.get()
        self.user = User.objects.get(username="reader")
        self.superuser = User.objects.get(username="boss")
        self.session_key: str = SessionStore.get_model_class().objects.get().session_key
        ContentType.objects.clear_cache()
        Site.objects.clear_cache()
        cache.clear()
        cache.set_many({"key": "value", "number": 1})

    @property
    def books(self) -> Any:
        """A new queryset, in an order, as ``last`` and ``latest`` want one."""
        return shop.Book.objects.order_by("pk")

    @property
    def fresh_author(self) -> Any:
        """An author whose publisher has not been loaded."""
        return shop.Author.objects.get(pk=self.author.pk)

    @property
    def fresh_book(self) -> Any:
        """A book none of whose relations has been loaded."""
        return shop.Book.objects.get(pk=self.book.pk)

    def new_book(self) -> Any:
        """A book that is not stored yet."""
        return shop.Book(title="New", author=self.author, publisher=self.publisher)

    def session(self) -> "SessionStore[Any]":
        """The session of a visitor who has been here before; it is not loaded yet."""
        return SessionStore(self.session_key)

    def request(self) -> HttpRequest:
        """A request of that visitor, who is not logged in."""
        request = RequestFactory().get("/")
        request.session = self.session()
        return request

    def user_request(self) -> HttpRequest:
        """A request of a user who has logged in."""
        request = self.request()
        request.session["_auth_user_id"] = str(self.user.pk)
        request.session["_auth_user_backend"] = "django.contrib.auth.backends.ModelBackend"
        request.session["_auth_user_hash"] = self.user.get_session_auth_hash()
        request.session.save()
        request.session = self.session()
        return request

    def fresh_user(self) -> User:
        """A user whose permissions have not been loaded."""
        return User.objects.get(pk=self.user.pk)


def fill(database: Settings, media: Path) -> None:
    """Make the tables and some rows."""
    with _default(database), override_settings(**SETTINGS, MEDIA_ROOT=str(media)):
        # First what has migrations: the shop has none, and keys to those tables.
        for run_syncdb in (False, True):
            call_command("migrate", run_syncdb=run_syncdb, verbosity=0)
        publisher = shop.Publisher.objects.create(name="Ace")
        ursula = shop.Author.objects.create(name="Ursula", publisher=publisher)
        shop.Author.objects.create(name="Anonymous")
        shop.Profile.objects.create(author=ursula, bio="...")
        classic = shop.Tag.objects.create(label="classic")
        for title in ("The Dispossessed", "The Lathe of Heaven", "Orsinian Tales"):
            book = shop.Book.objects.create(title=title, author=ursula, publisher=publisher)
            book.tags.add(classic)
            book.reviews.create(text="Good")
            book.comments.create(text="Yes")
        book = shop.Book.objects.get(title="The Dispossessed")
        shop.Attachment.objects.create(book=book, content=ContentFile(b"text", name="a.txt"))
        User.objects.create_superuser("boss", "boss@example.org", "secret")
        reader = User.objects.create_user("reader", "reader@example.org", "secret")
        readers = Group.objects.create(name="readers")
        readers.permissions.add(Permission.objects.get(codename="view_book"))
        reader.groups.add(readers)
        reader.user_permissions.add(Permission.objects.get(codename="add_book"))
        session = SessionStore()
        session.update({"key": "value", "number": 1})
        session.save()


@contextmanager
def using(database: Settings, media: Path) -> Iterator[World]:
    """Work on this database, and write files there."""
    media.mkdir()
    (media / "attachments").mkdir()
    (media / "attachments" / "a.txt").write_text("text")
    with _default(database), override_settings(**SETTINGS, MEDIA_ROOT=str(media)):
        yield World()


@contextmanager
def _default(database: Settings) -> Iterator[None]:
    settings = connections.settings
    before = settings["default"]
    _forget_connection()
    settings["default"] = {**before, **database}
    try:
        yield
    finally:
        _forget_connection()
        settings["default"] = before


def _forget_connection() -> None:
    """Begin anew: a recipe may have left a transaction open, which ``close_all`` respects."""
    opened = connections["default"].connection
    if opened is not None:
        opened.close()
    del connections["default"]


def in_event_loop(operation: Callable[[], _T]) -> _T:
    """The result of a sync operation that is performed inside a coroutine."""

    async def perform() -> _T:
        return operation()

    return asyncio.run(perform())


def awaited(operation: Callable[[], Awaitable[_T]]) -> _T:
    """The result of an async operation; what its threads opened is closed afterwards."""

    async def perform() -> _T:
        try:
            return await operation()
        finally:
            await sync_to_async(_forget_connection)()

    return asyncio.run(perform())
