"""The rows that the programs work with: every key is set, every relation leads somewhere."""

from collections.abc import Iterator
from contextlib import contextmanager
from importlib import import_module
from typing import Any

from django.contrib.auth import BACKEND_SESSION_KEY, HASH_SESSION_KEY, SESSION_KEY
from django.contrib.auth.middleware import AuthenticationMiddleware
from django.contrib.auth.models import User
from django.contrib.sessions.backends.db import SessionStore
from django.core.management import call_command
from django.http import HttpRequest, HttpResponse
from django.test import RequestFactory

#: Any: the project is type-checked in the cases of the rules, here its shape is of no interest.
shop: Any = import_module("shop.models")

_SESSIONS: list[str | None] = []


def fill() -> None:
    """Make the tables and their rows."""
    call_command("migrate", run_syncdb=True, verbosity=0)
    publisher = shop.Publisher.objects.create(name="Ace")
    authors = [shop.Author.objects.create(name=name, publisher=publisher) for name in "ABC"]
    tags = [shop.Tag.objects.create(label=label) for label in "xyz"]
    for author in authors:
        shop.Profile.objects.create(author=author, bio="...")
        for other in authors:
            book = shop.Book.objects.create(
                title=f"{author} and {other}", author=author, co_author=other, publisher=publisher
            )
            book.tags.set(tags)
            book.reviews.create(text="Good")
            book.comments.create(text="Yes")
            shop.Attachment.objects.create(book=book, content="attachments/a.txt")
    user = User.objects.create_user("reader", "reader@example.org", "secret")
    session = SessionStore()
    session[SESSION_KEY] = str(user.pk)
    session[BACKEND_SESSION_KEY] = "django.contrib.auth.backends.ModelBackend"
    session[HASH_SESSION_KEY] = user.get_session_auth_hash()
    session.save()
    _SESSIONS.append(session.session_key)


def new_request() -> HttpRequest:
    """The request of a user who has logged in; nothing of it is loaded."""
    request: HttpRequest = RequestFactory().get("/")
    request.session = SessionStore(_SESSIONS[-1])
    AuthenticationMiddleware(lambda request: HttpResponse()).process_request(request)
    return request


@contextmanager
def contextmanager_for(flag: bool) -> Iterator[bool]:
    """A block that does nothing."""
    yield flag
