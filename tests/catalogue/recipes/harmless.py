"""What does not raise: lazy operations, and calls without what a row says it takes."""

from collections.abc import Callable, Iterator
from typing import Any, Final

from django.contrib import messages
from django.contrib.auth import forms as auth_forms
from django.contrib.auth.models import AnonymousUser, User
from django.contrib.contenttypes.models import ContentType
from django.contrib.messages import get_messages
from django.contrib.messages.middleware import MessageMiddleware
from django.contrib.sites.models import Site
from django.core import serializers
from django.core.paginator import Paginator
from django.db import close_old_connections, connection, connections, transaction
from django.db.backends.dummy.base import DatabaseWrapper
from django.db.models import Count
from django.dispatch import Signal
from django.http import HttpRequest, HttpResponse
from django.test import Client, RequestFactory
from django.views.generic import DayArchiveView
from recipe import Operation, Recipe, after, args, functions, methods, nothing
from world import World, shop

from recipes.forms import (
    BookFormSet,
    CommentFormSet,
    List,
    Reviews,
    author_form,
    book_form,
    formset,
    listing,
    new_formset,
    valid,
)

_DAY: Final = {"date_field": "created", "year": 2020, "month": "Jan", "day": 1}


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
        "django.dispatch.dispatcher.Signal",
        lambda _: Signal(),  # nobody receives it
        **dict.fromkeys(("send", "send_robust"), args(sender=None)),
    )
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
    # As on PostgreSQL and Oracle, which check constraints at the end of a transaction.
    yield from methods(
        "django.db.backends.base.base.BaseDatabaseWrapper",
        lambda _: DatabaseWrapper({}),
        **nothing(
            "constraint_checks_disabled",
            "disable_constraint_checking",
            "enable_constraint_checking",
        ),
    )
    yield from functions("django.db.migrations.loader", MigrationLoader=args(None))
    yield from methods(
        "django.db.models.base.Model",
        lambda w: w.publisher,
        **nothing("full_clean", "validate_constraints", "validate_unique"),
    )
    yield from methods(
        "django.forms.models.BaseModelForm",
        author_form,
        **nothing("errors", "full_clean", "is_valid"),
    )
    yield from methods(
        "django.forms.models.BaseModelForm",
        lambda w: valid(author_form(w)),
        validate_unique=args(),
    )
    yield from functions("django.forms.models", model_to_dict=lambda w: args(w.author))
    yield from methods("django.forms.models.BaseModelForm", _saved_author_form, save_m2m=args())
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
        "django.views.generic.dates.BaseDateListView",
        listing(Reviews, allow_empty=True),
        get_dated_queryset=args(),
    )
    yield from methods(
        "django.views.generic.dates.BaseDateListView",
        listing(DayArchiveView, queryset=shop.Review.objects.all(), allow_empty=True, **_DAY),
        get=args(RequestFactory().get("/")),
    )
    yield from methods(
        "django.views.generic.list.BaseListView",
        listing(List),
        get=args(RequestFactory().get("/")),
    )
    yield from methods(
        "django.views.generic.list.MultipleObjectMixin", listing(List), get_context_data=args()
    )
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
    name = CommentFormSet.get_default_prefix()
    data = {f"{name}-TOTAL_FORMS": "0", f"{name}-INITIAL_FORMS": "0"}
    return CommentFormSet(data, instance=world.book)


def _bound_books(world: World) -> Any:
    return BookFormSet(
        {"books-TOTAL_FORMS": "0", "books-INITIAL_FORMS": "0"}, instance=world.author
    )


def _saved_author_form(world: World) -> Any:
    form = valid(author_form(world))
    form.save(commit=False)
    return form


OTHERWISE: Final[dict[str, Recipe]] = dict(_otherwise())


_LAZY: Final[dict[str, Callable[[Any], object]]] = {
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
    "raw": lambda _: shop.Book.objects.raw("SELECT * FROM shop_book"),
    "reverse": lambda books: books.reverse(),
    "select_for_update": lambda books: books.select_for_update(),
    "select_related": lambda books: books.select_related("author"),
    "union": lambda books: books.union(books),
    "using": lambda books: books.using("default"),
    "values": lambda books: books.values("title"),
    "values_list": lambda books: books.values_list("title", flat=True),
}


def _world(world: World) -> World:
    return world


def _validated(world: World) -> Any:
    return valid(book_form(world))


def _content_type(_: World) -> ContentType:
    return ContentType.objects.get(model="author")


def _loaded_session(world: World) -> Any:
    session = world.session()
    session.get("key")
    return session


def _request_with_messages(world: World) -> HttpRequest:
    request = world.request()
    MessageMiddleware(lambda _: HttpResponse()).process_request(request)
    messages.success(request, "Done")
    return request


#: What has no row; prepared before the event loop runs, performed in it.
HARMLESS: Final[dict[str, Callable[[World], Operation]]] = {
    **{f"QuerySet.{name}": after(lambda w: w.books, action) for name, action in _LAZY.items()},
    "AuthenticationForm": after(_world, lambda _: auth_forms.AuthenticationForm()),
    "ContentType.get_all_objects_for_this_type": after(
        _content_type, lambda found: found.get_all_objects_for_this_type()
    ),
    "ModelForm.errors after is_valid": after(_validated, lambda form: form.errors),
    "ModelForm.is_valid after is_valid": after(_validated, lambda form: form.is_valid()),
    "Page.has_next after page": after(
        lambda w: Paginator(w.books, 2).page(1), lambda page: page.has_next()
    ),
    "Paginator": after(lambda w: w.books, lambda books: Paginator(books, 2)),
    "SessionBase.clear": after(World.session, lambda session: session.clear()),
    "SessionBase.get after loading": after(_loaded_session, lambda session: session.get("key")),
    "SessionBase.is_empty": after(World.session, lambda session: session.is_empty()),
    "UserManager.with_perm": after(_world, lambda _: User.objects.with_perm("auth.add_user")),
    "close_old_connections": after(_world, lambda _: close_old_connections()),
    "connection.vendor": after(_world, lambda _: connection.vendor),
    "connections.close_all": after(_world, lambda _: connections.close_all()),
    "deserialize": after(_world, lambda _: serializers.deserialize("json", "[]")),
    "has_perm of an anonymous user": after(
        _world, lambda _: AnonymousUser().has_perm("shop.add_book")
    ),
    "messages": after(_request_with_messages, lambda request: list(get_messages(request))),
    "plain form": after(
        _world, lambda _: auth_forms.PasswordResetForm({"email": "a@example.org"}).is_valid()
    ),
    "schema_editor": after(_world, lambda _: connection.schema_editor()),
    "transaction.atomic": after(_world, lambda _: transaction.atomic()),
}
