"""What does not raise: lazy operations, and calls without what a row says it takes."""

from collections.abc import Callable, Iterator
from itertools import chain
from typing import Any, Final

import django
from django import forms
from django.conf import settings
from django.contrib import admin, messages
from django.contrib.admin.models import LogEntry
from django.contrib.auth import forms as auth_forms
from django.contrib.auth.backends import ModelBackend, RemoteUserBackend
from django.contrib.auth.mixins import LoginRequiredMixin, PermissionRequiredMixin
from django.contrib.auth.models import AnonymousUser, Group, Permission, User
from django.contrib.contenttypes.forms import generic_inlineformset_factory
from django.contrib.contenttypes.models import ContentType
from django.contrib.messages import get_messages
from django.contrib.messages.middleware import MessageMiddleware
from django.contrib.sessions.models import Session
from django.contrib.sites.models import Site
from django.core import mail, serializers
from django.core.cache import cache
from django.core.files.base import ContentFile
from django.core.files.storage import default_storage
from django.core.files.uploadedfile import TemporaryUploadedFile
from django.core.paginator import Paginator
from django.db import close_old_connections, connection, connections, transaction
from django.db.migrations.executor import MigrationExecutor
from django.db.migrations.loader import MigrationLoader
from django.db.migrations.recorder import MigrationRecorder
from django.db.models import Count
from django.db.models.fields.files import ImageFieldFile
from django.dispatch import Signal
from django.http import HttpRequest, HttpResponse
from django.test import Client, RequestFactory, override_settings
from django.test.utils import CaptureQueriesContext
from django.urls import path
from django.utils import timezone
from django.views import View
from django.views.generic import CreateView, DateDetailView, DeleteView, DetailView, ListView, UpdateView
from recipe import Arguments, Recipe, args, functions, methods
from world import World, shop

def _otherwise() -> Iterator[tuple[str, Recipe]]:
    content_types = "django.contrib.contenttypes.models.ContentTypeManager"

    def boss(world: World) -> Any:
        return world.superuser

    def cached(world: World) -> Any:
        for content_type in ContentType.objects.all():
            ContentType.objects.get_for_id(content_type.pk)
        return ContentType.objects

    def current_site(world: World) -> Any:
        Site.objects.get_current()
        return Site.objects

    yield from methods(
        "django.contrib.auth.models.PermissionsMixin",
        boss,
        has_module_perms=args("shop"),
        has_perm=args("shop.add_book"),
        has_perms=args(["shop.add_book"]),
    )
    yield from methods(
        content_types,
        cached,
        get_by_natural_key=args("shop", "author"),
        get_for_id=args(1),
        get_for_model=args(shop.Author),
        get_for_models=args(shop.Author),
    )
    yield from methods("django.contrib.sites.models.SiteManager", current_site, get_current=args())
    yield from functions(
        "django.contrib.sites.shortcuts",
        get_current_site=lambda w: args(current_site(w) and None),
    )
    yield from methods(
        "django.core.paginator.Page",
        lambda _: Paginator([1, 2, 3], 2).page(1),
        __contains__=args(1),
        __getitem__=args(0),
        __iter__=args(),
        __len__=args(),
    )
    yield from methods(
        "django.core.paginator.Paginator",
        lambda _: Paginator([1, 2, 3], 2),
        get_page=args(1),
        page=args(1),
        validate_number=args(1),
        **nothing("count", "num_pages", "page_range"),
    )
    yield from functions("django.core.management", call_command=args("check"))
    yield from functions("django.core.serializers", serialize=lambda w: args("json", [w.author]))
    yield from methods(
        "django.core.serializers.base.Serializer",
        lambda _: serializers.get_serializer("json")(),
        serialize=lambda w: args([w.author]),
    )
    yield from functions("django.db.migrations.loader", MigrationLoader=args(None))
    yield from methods(
        "django.db.models.base.Model",
        lambda w: w.publisher,
        **nothing("full_clean", "validate_constraints", "validate_unique"),
    )
    yield from methods(
        "django.forms.models.BaseModelForm", author_form, **nothing("full_clean", "is_valid")
    )
    yield from methods(
        "django.forms.models.BaseModelForm", _saved_author_form, save_m2m=args()
    )
    yield from methods(
        "django.forms.models.BaseModelFormSet", new_formset, **nothing("full_clean", "is_valid")
    )
    for owner, bound in (
        ("django.contrib.contenttypes.forms.BaseGenericInlineFormSet", _bound_comments),
        ("django.forms.models.BaseInlineFormSet", _bound_books),
        ("django.forms.models.BaseModelFormSet", formset),
    ):
        yield from methods(owner, bound, initial_form_count=args())
    yield from methods(
        "django.test.client.Client",
        lambda _: Client(),
        **dict.fromkeys(
            ("delete", "get", "head", "options", "patch", "post", "put", "trace"),
            args("/harmless/"),
        ),
        request=args(PATH_INFO="/harmless/"),
    )


def _bound_comments(world: World) -> Any:
    name = _CommentFormSet.get_default_prefix()
    data = {f"{name}-TOTAL_FORMS": "0", f"{name}-INITIAL_FORMS": "0"}
    return _CommentFormSet(data, instance=world.book)


def _bound_books(world: World) -> Any:
    return _BookFormSet({"books-TOTAL_FORMS": "0", "books-INITIAL_FORMS": "0"}, instance=world.author)


def _saved_author_form(world: World) -> Any:
    form = valid(author_form(world))
    form.save(commit=False)
    return form


OTHERWISE: Final[dict[str, Recipe]] = dict(_otherwise())


def _harmless() -> dict[str, Callable[[World], Callable[[], object]]]:
    """What has no row; made before the event loop runs, performed in it."""
    lazy: dict[str, Callable[[Any], object]] = {
        "alias": lambda books: books.alias(n=Count("tags")),
        "all": lambda books: books.all(),
        "annotate": lambda books: books.annotate(n=Count("tags")),
        "complex_filter": lambda books: books.complex_filter({"pk": 1}),
        "defer": lambda books: books.defer("title"),
        "difference": lambda books: books.difference(books),
        "distinct": lambda books: books.distinct(),
        "exclude": lambda books: books.exclude(pk=1),
        "filter": lambda books: books.filter(pk=1),
        "filter by a queryset": lambda books: books.filter(pk__in=books),
        "intersection": lambda books: books.intersection(books),
        "iterator": lambda books: books.iterator(),
        "none": lambda books: books.none(),
        "only": lambda books: books.only("title"),
        "order_by": lambda books: books.order_by("title"),
        "prefetch_related": lambda books: books.prefetch_related("tags"),
        "query": lambda books: str(books.query),
        "raw": lambda _: shop.Book.objects.raw("SELECT * FROM shop_book"),
        "reverse": lambda books: books.reverse(),
        "select_for_update": lambda books: books.select_for_update(),
        "select_related": lambda books: books.select_related("author"),
        "union": lambda books: books.union(books),
        "using": lambda books: books.using("default"),
        "values": lambda books: books.values("title"),
        "values_list": lambda books: books.values_list("title", flat=True),
    }
    return {
        f"QuerySet.{name}": lambda w, operation=operation: lambda books=w.books: operation(books)
        for name, operation in lazy.items()
    }


HARMLESS: Final = {
    **_harmless(),
    "AuthenticationForm without validation": lambda w: lambda: auth_forms.AuthenticationForm(),
    "ContentType.get_all_objects_for_this_type": lambda w: ContentType.objects.get(
        model="author"
    ).get_all_objects_for_this_type,
    "ModelForm.errors after is_valid": lambda w: lambda form=valid(book_form(w)): form.errors,
    "ModelForm.is_valid after is_valid": lambda w: valid(book_form(w)).is_valid,
    "Page.has_next after page": lambda w: Paginator(w.books, 2).page(1).has_next,
    "Paginator": lambda w: lambda books=w.books: Paginator(books, 2),
    "SessionBase.clear": lambda w: w.session().clear,
    "SessionBase.get after loading": lambda w: lambda s=_loaded(w.session()): s.get("key"),
    "SessionBase.is_empty": lambda w: w.session().is_empty,
    "UserManager.with_perm": lambda w: lambda: User.objects.with_perm("auth.add_user"),
    "close_old_connections": lambda w: close_old_connections,
    "connection.vendor": lambda w: lambda: connection.vendor,
    "connections.close_all": lambda w: connections.close_all,
    "deserialize": lambda w: lambda: serializers.deserialize("json", "[]"),
    "has_perm of an anonymous user": lambda w: lambda: AnonymousUser().has_perm("shop.add_book"),
    "plain form": lambda w: lambda: auth_forms.PasswordResetForm({"email": "a@b.org"}).is_valid(),
    "messages": lambda w: lambda request=_request_with_messages(w): list(get_messages(request)),
    "schema_editor": lambda w: lambda: connection.schema_editor(),
    "transaction.atomic": lambda w: lambda: transaction.atomic(),
}


def _loaded(session: Any) -> Any:
    session.get("key")
    return session


def _request_with_messages(world: World) -> HttpRequest:
    request = world.request()
    MessageMiddleware(lambda _: HttpResponse()).process_request(request)
    messages.success(request, "Done")
    return request
