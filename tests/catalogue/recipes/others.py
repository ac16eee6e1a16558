"""Recipes for pages, files, the cache, mail, signals, tasks, commands and the test client."""

from collections.abc import Iterator
from itertools import chain
from typing import Any, Final

import django
from django.core import mail, serializers
from django.core.cache import cache
from django.core.files.base import ContentFile
from django.core.files.storage import default_storage
from django.core.files.uploadedfile import TemporaryUploadedFile
from django.core.paginator import Paginator
from django.db.models.fields.files import ImageFieldFile
from django.dispatch import Signal
from django.http import HttpRequest, HttpResponse
from django.test import Client
from django.urls import path
from recipe import Recipe, args, functions, methods, nothing
from world import World, shop


def _pages() -> Iterator[tuple[str, Recipe]]:
    yield from methods(
        "django.core.paginator.Page",
        lambda w: Paginator(w.books, 2).page(1),
        __contains__=lambda w: args(w.book),
        __getitem__=args(0),
        __iter__=args(),
        __len__=args(),
    )
    yield from methods(
        "django.core.paginator.Paginator",
        lambda w: Paginator(w.books, 2),
        get_page=args(1),
        page=args(1),
        validate_number=args(1),
        **nothing("count", "num_pages", "page_range"),
    )


def _cache() -> Iterator[tuple[str, Recipe]]:
    yield from methods(
        "django.core.cache.backends.base.BaseCache",
        lambda _: cache,
        __contains__=args("key"),
        add=args("new", "value"),
        decr=args("number"),
        decr_version=args("key"),
        delete=args("key"),
        delete_many=args(["key"]),
        get=args("key"),
        get_many=args(["key"]),
        get_or_set=args("new", "value"),
        has_key=args("key"),
        incr=args("number"),
        incr_version=args("key"),
        set=args("key", "value"),
        set_many=args({"key": "value"}),
        touch=args("key"),
        **nothing("clear", "close"),
    )


def _upload(_: World) -> Any:
    upload = TemporaryUploadedFile("a.txt", "text/plain", 4, None)
    upload.write(b"text")
    upload.seek(0)
    return upload


def _files() -> Iterator[tuple[str, Recipe]]:
    yield from methods(
        "django.core.files.storage.base.Storage",
        lambda _: default_storage,
        listdir=args("attachments"),
        open=args("attachments/a.txt"),
        save=lambda _: args("b.txt", ContentFile(b"text")),
        **dict.fromkeys(
            (
                "delete",
                "exists",
                "get_accessed_time",
                "get_available_name",
                "get_created_time",
                "get_modified_time",
                "size",
            ),
            args("attachments/a.txt"),
        ),
    )
    yield from methods(
        "django.core.files.uploadedfile.TemporaryUploadedFile", _upload, **nothing("chunks", "read")
    )
    yield from methods(
        "django.db.models.fields.files.FieldFile",
        lambda w: w.attachment.content,
        delete=args(),
        save=lambda _: args("b.txt", ContentFile(b"text")),
        **nothing("chunks", "open", "read", "size"),
    )
    yield from methods(
        "django.db.models.fields.files.FieldFile",
        lambda w: w.attachment.content.open("wb"),
        write=args(b"text"),
    )
    yield from methods("django.db.models.fields.files.ImageFieldFile", _picture, delete=args())


def _picture(world: World) -> Any:
    attachment = world.attachment
    return ImageFieldFile(attachment, attachment.content.field, attachment.content.name)


def _mail_backend() -> Any:
    return mail.mailers["default"] if django.VERSION >= (6, 1) else mail.get_connection()


def _message() -> mail.EmailMessage:
    return mail.EmailMessage("Hello", "Text", "a@example.org", ["b@example.org"])


def _mail() -> Iterator[tuple[str, Recipe]]:
    yield from functions(
        "django.core.mail",
        mail_admins=args("Hello", "Text"),
        mail_managers=args("Hello", "Text"),
        send_mail=args("Hello", "Text", "a@example.org", ["b@example.org"]),
        send_mass_mail=args([("Hello", "Text", "a@example.org", ["b@example.org"])]),
    )
    yield from methods(
        "django.core.mail.backends.base.BaseEmailBackend",
        lambda _: _mail_backend(),
        open=args(),
        send_messages=lambda _: args([_message()]),
    )
    yield from methods(
        "django.core.mail.message.EmailMessage",
        lambda _: _message(),
        attach_file=args(__file__),
        send=args(),
    )


def _answer(**_: Any) -> str:
    return "answer"


_signal = Signal()
_signal.connect(_answer)


def _tasks() -> Iterator[tuple[str, Recipe]]:
    if django.VERSION >= (6, 0):
        from recipes import tasks

        yield from tasks.RECIPES.items()


def _books_view(_: HttpRequest) -> HttpResponse:
    return HttpResponse(str(shop.Book.objects.count()))


def _harmless_view(_: HttpRequest) -> HttpResponse:
    return HttpResponse("Hello")


urlpatterns = [path("", _books_view), path("harmless/", _harmless_view)]


def _deserialized(world: World) -> Any:
    text = serializers.serialize("json", [world.author])
    return next(iter(serializers.deserialize("json", text)))


def _rest() -> Iterator[tuple[str, Recipe]]:
    yield from methods(
        "django.dispatch.dispatcher.Signal",
        lambda _: _signal,
        **dict.fromkeys(("send", "send_robust"), args(sender=None)),
    )
    yield from functions("django.core.management", call_command=args("migrate", verbosity=0))
    yield from functions("django.core.serializers", serialize=lambda w: args("json", w.books))
    yield from methods(
        "django.core.serializers.base.DeserializedObject", _deserialized, save=args()
    )
    yield from methods(
        "django.core.serializers.base.Serializer",
        lambda _: serializers.get_serializer("json")(),
        serialize=lambda w: args(w.books),
    )
    yield from methods(
        "django.test.client.Client",
        lambda _: Client(),
        **dict.fromkeys(
            ("delete", "get", "head", "options", "patch", "post", "put", "trace"), args("/")
        ),
        request=args(),
    )
    yield from methods(
        "django.test.client.ClientMixin",
        lambda _: Client(),
        force_login=lambda w: args(w.user),
        login=args(username="reader", password="secret"),
        logout=args(),
        session=args(),
    )


RECIPES: Final = dict(
    chain(
        _pages(),
        _cache(),
        _files(),
        _mail(),
        _rest(),
        _tasks(),
    )
)
