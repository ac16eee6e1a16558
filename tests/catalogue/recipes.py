"""One recipe for each row of the catalogue: how to call it so that it has something to do."""

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

_NO_ARGUMENTS: Final = args()


def _nothing(*names: str) -> dict[str, Arguments]:
    return dict.fromkeys(names, _NO_ARGUMENTS)


# --- queries ---------------------------------------------------------------------------------


def _queries(owner: str, source: Callable[[World], Any]) -> Iterator[tuple[str, Recipe]]:
    yield from methods(
        owner,
        source,
        aggregate=args(total=Count("pk")),
        bulk_create=lambda w: args([w.new_book()]),
        bulk_update=lambda w: args([w.book], ["title"]),
        contains=lambda w: args(w.book),
        create=lambda w: args(title="New", author=w.author, publisher=w.publisher),
        earliest=args("pk"),
        get=lambda w: args(pk=w.book.pk),
        get_or_create=lambda w: args(title="New", author=w.author, publisher=w.publisher),
        in_bulk=lambda w: args([w.book.pk]),
        latest=args("pk"),
        update=args(title="Old"),
        update_or_create=lambda w: args({"title": "Old"}, pk=w.book.pk),
        **_nothing("count", "exists", "explain", "first", "last"),
    )


def _orm() -> Iterator[tuple[str, Recipe]]:
    related = "django.db.models.fields.related_descriptors"
    yield from _queries("django.db.models.manager.Manager", lambda _: shop.Book.objects)
    yield from _queries("django.db.models.query.QuerySet", lambda w: w.books)
    yield from methods(
        "django.db.models.query.QuerySet",
        lambda w: w.books,
        __contains__=lambda w: args(w.book),
        __getitem__=args(0),
        **_nothing("__bool__", "__getstate__", "__iter__", "__len__", "__repr__", "delete"),
    )
    yield from methods(
        "django.db.models.query.RawQuerySet",
        lambda _: shop.Book.objects.raw("SELECT * FROM shop_book"),
        __getitem__=args(0),
        **_nothing("__bool__", "__iter__", "__len__"),
    )
    yield from functions(
        "django.db.models.query",
        prefetch_related_objects=lambda w: args([w.fresh_author], "books"),
    )
    yield from methods(
        f"{related}.ManyRelatedManager",
        lambda w: w.fresh_book.tags,
        add=lambda w: args(w.tag),
        clear=args(),
        create=args(label="new"),
        get_or_create=args(label="new"),
        remove=lambda w: args(w.tag),
        set=lambda w: args([w.tag]),
        update_or_create=args(label="new"),
    )
    yield from methods(
        f"{related}.RelatedManager",
        lambda w: w.publisher.authors,
        add=lambda w: args(w.author),
        clear=args(),
        remove=lambda w: args(w.author),
        set=lambda w: args([w.author]),
    )
    yield from functions(
        "django.shortcuts",
        get_list_or_404=lambda w: args(w.books, pk=w.book.pk),
        get_object_or_404=lambda w: args(w.books, pk=w.book.pk),
    )
    yield from methods(
        "django.db.models.base.Model",
        lambda w: w.fresh_book,
        full_clean=args(),
        **_nothing("delete", "refresh_from_db", "save", "save_base"),
    )
    yield from methods(
        "django.db.models.base.Model", lambda _: shop.Tag(label="new"), validate_unique=args()
    )
    yield from methods(
        "django.db.models.base.Model", lambda w: w.attachment, validate_constraints=args()
    )


# --- connections -----------------------------------------------------------------------------


def _connections() -> Iterator[tuple[str, Recipe]]:
    yield from methods(
        "django.db.backends.base.base.BaseDatabaseWrapper",
        lambda _: connection,
        on_commit=args(print),
        savepoint_commit=args("s1"),
        savepoint_rollback=args("s1"),
        set_autocommit=args(True),
        **_nothing(
            "check_constraints",
            "chunked_cursor",
            "clean_savepoints",
            "close",
            "commit",
            "connect",
            "constraint_checks_disabled",
            "cursor",
            "disable_constraint_checking",
            "enable_constraint_checking",
            "ensure_connection",
            "get_autocommit",
            "rollback",
            "savepoint",
            "temporary_connection",
        ),
    )
    yield from methods(
        "django.db.backends.base.introspection.BaseDatabaseIntrospection",
        lambda _: connection.introspection,
        table_names=args(),
    )
    yield from methods(
        "django.db.backends.base.schema.BaseDatabaseSchemaEditor",
        lambda _: connection.schema_editor(),
        __enter__=args(),
    )
    yield from methods(
        "django.db.backends.utils.CursorWrapper",
        lambda _: connection.cursor(),
        execute=args("SELECT 1"),
        executemany=args("UPDATE shop_book SET title = %s", [("a",), ("b",)]),
    )
    yield from methods(
        "django.test.utils.CaptureQueriesContext",
        lambda _: CaptureQueriesContext(connection),
        __enter__=args(),
    )
    yield from functions(
        "django.db.transaction",
        on_commit=args(print),
        savepoint_commit=args("s1"),
        savepoint_rollback=args("s1"),
        set_autocommit=args(True),
        **_nothing(
            "clean_savepoints",
            "commit",
            "get_autocommit",
            "rollback",
            "savepoint",
            "savepoint_create",
        ),
    )
    yield from methods(
        "django.db.transaction.Atomic", lambda _: transaction.atomic(), __enter__=args()
    )
    yield from functions("django.db.migrations.executor", MigrationExecutor=args(connection))
    yield from methods(
        "django.db.migrations.executor.MigrationExecutor",
        lambda _: MigrationExecutor(connection),
        migrate=args([("auth", None)], fake=True),
    )
    yield from functions("django.db.migrations.loader", MigrationLoader=args(connection))
    yield from methods(
        "django.db.migrations.loader.MigrationLoader",
        lambda _: MigrationLoader(None),
        check_consistent_history=args(connection),
    )
    yield from methods(
        "django.db.migrations.recorder.MigrationRecorder",
        lambda _: MigrationRecorder(connection),
        record_applied=args("shop", "0001"),
        record_unapplied=args("shop", "0001"),
        **_nothing("applied_migrations", "ensure_schema", "flush", "has_table"),
    )


# --- contrib ---------------------------------------------------------------------------------


class _Members(LoginRequiredMixin, View):
    """A view for those who have logged in."""

    def get(self, request: HttpRequest) -> HttpResponse:
        """Answer something."""
        return HttpResponse("members")


class _Permitted(PermissionRequiredMixin, View):
    """A view for those who may see books."""

    permission_required = "shop.view_book"

    def get(self, request: HttpRequest) -> HttpResponse:
        """Answer something."""
        return HttpResponse("permitted")


def _lazy_user_request(world: World) -> HttpRequest:
    """A request as the middleware leaves it: the user is looked up when first used."""
    from django.contrib.auth.middleware import AuthenticationMiddleware

    request = world.user_request()
    AuthenticationMiddleware(lambda r: HttpResponse()).process_request(request)
    return request


def _known_user_request(world: World) -> HttpRequest:
    """Such a request after the user was looked up; Django 5.2 wants that even of the twin."""
    request = _lazy_user_request(world)
    assert request.user.is_authenticated
    request.session = world.session()
    return request


def _view(view: type[View], request: Callable[[World], HttpRequest], **kwargs: Any) -> Callable[[World], Any]:
    def made(world: World) -> Any:
        instance = view()
        instance.setup(request(world), **kwargs)
        return instance

    return made


def _users() -> Iterator[tuple[str, Recipe]]:
    auth = "django.contrib.auth"
    user = World.fresh_user
    yield from functions(
        auth,
        authenticate=lambda w: args(w.request(), username="reader", password="secret"),
        check_password_with_timing_attack_mitigation=lambda w: args(w.user, "secret"),
        get_user=lambda w: args(w.user_request()),
        login=lambda w: args(w.request(), w.user),
        logout=lambda w: args(w.user_request()),
        update_session_auth_hash=lambda w: args(_known_user_request(w), w.user),
    )
    yield from methods(
        f"{auth}.backends.BaseBackend",
        lambda _: ModelBackend(),
        get_all_permissions=lambda w: args(w.fresh_user()),
        get_group_permissions=lambda w: args(w.fresh_user()),
        get_user=lambda w: args(w.user.pk),
        get_user_permissions=lambda w: args(w.fresh_user()),
        has_perm=lambda w: args(w.fresh_user(), "shop.add_book"),
    )
    yield from methods(
        f"{auth}.backends.ModelBackend",
        lambda _: ModelBackend(),
        authenticate=args(None, username="reader", password="secret"),
        has_module_perms=lambda w: args(w.fresh_user(), "shop"),
    )
    yield from methods(
        f"{auth}.backends.RemoteUserBackend",
        lambda _: RemoteUserBackend(),
        authenticate=args(None, remote_user="reader"),
    )
    yield from methods(
        f"{auth}.base_user.AbstractBaseUser",
        user,
        check_password=args("secret"),
        set_password=args("secret"),
    )
    yield from methods(
        f"{auth}.base_user.BaseUserManager",
        lambda _: User.objects,
        get_by_natural_key=args("reader"),
    )
    yield from functions(
        f"{auth}.hashers",
        check_password=lambda w: args("secret", w.user.password),
        make_password=args("secret"),
        verify_password=lambda w: args("secret", w.user.password),
    )
    yield from functions(f"{auth}.middleware", get_user=lambda w: args(w.user_request()))
    yield from methods(
        f"{auth}.mixins.LoginRequiredMixin",
        _view(_Members, _lazy_user_request),
        dispatch=lambda w: args(_lazy_user_request(w)),
    )
    yield from methods(
        f"{auth}.mixins.PermissionRequiredMixin",
        _view(_Permitted, _lazy_user_request),
        dispatch=lambda w: args(_lazy_user_request(w)),
        has_permission=args(),
    )
    yield from methods(f"{auth}.models.AbstractUser", user, email_user=args("Hello", "Text"))
    yield from methods(
        f"{auth}.models.GroupManager",
        lambda _: Group.objects,
        get_by_natural_key=args("readers"),
    )
    yield from methods(
        f"{auth}.models.PermissionManager",
        lambda _: Permission.objects,
        get_by_natural_key=args("add_book", "shop", "book"),
    )
    yield from methods(
        f"{auth}.models.PermissionsMixin",
        user,
        has_module_perms=args("shop"),
        has_perm=args("shop.add_book"),
        has_perms=args(["shop.add_book"]),
        **_nothing("get_all_permissions", "get_group_permissions", "get_user_permissions"),
    )
    yield from methods(
        f"{auth}.models.UserManager",
        lambda _: User.objects,
        create_superuser=args("new", "new@example.org", "secret"),
        create_user=args("new", "new@example.org", "secret"),
    )


def _auth_forms() -> Iterator[tuple[str, Recipe]]:
    package = "django.contrib.auth.forms"
    login = {"username": "reader", "password": "secret"}
    new = {"new_password1": "quite long", "new_password2": "quite long"}
    both = {"password1": "quite long", "password2": "quite long"}
    yield from methods(
        f"{package}.AdminPasswordChangeForm",
        lambda w: _valid(auth_forms.AdminPasswordChangeForm(w.user, both)),
        save=args(),
    )
    yield from methods(
        f"{package}.AuthenticationForm",
        lambda _: auth_forms.AuthenticationForm(None, login),
        **_nothing("full_clean", "is_valid"),
    )
    yield from methods(f"{package}.AuthenticationForm", _login_form, clean=args())
    yield from methods(
        f"{package}.BaseUserCreationForm",
        lambda _: _valid(auth_forms.UserCreationForm({"username": "new", **both})),
        save=args(),
    )
    yield from methods(
        f"{package}.PasswordChangeForm",
        lambda w: auth_forms.PasswordChangeForm(w.user, {"old_password": "secret", **new}),
        **_nothing("full_clean", "is_valid"),
    )
    yield from methods(
        f"{package}.PasswordChangeForm",
        lambda w: _valid(auth_forms.PasswordChangeForm(w.user, {"old_password": "secret", **new})),
        clean_old_password=args(),
    )
    yield from methods(
        f"{package}.PasswordResetForm",
        lambda _: _valid(auth_forms.PasswordResetForm({"email": "reader@example.org"})),
        save=args(
            domain_override="example.org",
            email_template_name=_MAIL_TEMPLATE,
            subject_template_name=_MAIL_TEMPLATE,
        ),
        send_mail=args(_MAIL_TEMPLATE, _MAIL_TEMPLATE, {}, None, "reader@example.org"),
    )
    yield from methods(
        f"{package}.SetPasswordForm",
        lambda w: _valid(auth_forms.SetPasswordForm(w.user, new)),
        save=args(),
    )


#: Any template that needs no addresses.
_MAIL_TEMPLATE: Final = "registration/password_reset_subject.txt"


def _valid(form: Any) -> Any:
    assert form.is_valid(), form.errors
    return form


def _login_form(_: World) -> Any:
    return _valid(auth_forms.AuthenticationForm(None, {"username": "reader", "password": "secret"}))


def _sessions() -> Iterator[tuple[str, Recipe]]:
    yield from methods(
        "django.contrib.sessions.backends.base.SessionBase",
        World.session,
        __contains__=args("key"),
        __delitem__=args("key"),
        __getitem__=args("key"),
        __setitem__=args("key", "other"),
        exists=lambda w: args(w.session_key),
        get=args("key"),
        has_key=args("key"),
        pop=args("key"),
        set_expiry=args(60),
        setdefault=args("key", "other"),
        update=args({"key": "other"}),
        **_nothing(
            "clear_expired",
            "create",
            "cycle_key",
            "delete",
            "flush",
            "get_expire_at_browser_close",
            "get_expiry_age",
            "get_expiry_date",
            "items",
            "keys",
            "load",
            "save",
            "set_test_cookie",
            "test_cookie_worked",
            "values",
        ),
    )
    yield from methods(
        "django.contrib.sessions.backends.base.SessionBase",
        _with_test_cookie,
        delete_test_cookie=args(),
    )
    yield from methods(
        "django.contrib.sessions.base_session.BaseSessionManager",
        lambda _: Session.objects,
        save=args("k" * 32, {"key": "value"}, timezone.now()),
    )


def _with_test_cookie(world: World) -> Any:
    session = world.session()
    session.set_test_cookie()
    session.save()
    return world.session()


def _admin(_: World) -> Any:
    return admin.ModelAdmin(shop.Author, admin.site)


def _request_of_user(world: World) -> HttpRequest:
    request = world.request()
    request.user = world.user
    return request


def _other_contrib() -> Iterator[tuple[str, Recipe]]:
    yield from methods(
        "django.contrib.admin.models.LogEntry",
        lambda w: LogEntry(
            content_type_id=ContentType.objects.get(model="author").pk, object_id=w.author.pk
        ),
        get_edited_object=args(),
    )
    yield from methods(
        "django.contrib.admin.models.LogEntryManager",
        lambda _: LogEntry.objects,
        log_actions=lambda w: args(w.user.pk, [w.author], 1),
    )
    yield from methods(
        "django.contrib.admin.options.ModelAdmin",
        _admin,
        delete_model=lambda w: args(w.request(), w.author),
        delete_queryset=lambda w: args(w.request(), shop.Author.objects.all()),
        log_addition=lambda w: args(_request_of_user(w), w.author, "new"),
        log_change=lambda w: args(_request_of_user(w), w.author, "new"),
        log_deletions=lambda w: args(_request_of_user(w), [w.author]),
        save_model=lambda w: args(w.request(), w.author, None, True),
    )
    yield from methods(
        "django.contrib.contenttypes.forms.BaseGenericInlineFormSet",
        lambda w: _CommentFormSet(instance=w.book),
        initial_form_count=args(),
        save_new=lambda w: args(_valid(_CommentForm({"text": "New"}))),
    )
    yield from methods(
        "django.contrib.contenttypes.models.ContentType",
        lambda _: ContentType.objects.get(model="author"),
        get_object_for_this_type=args(name="Ursula"),
    )
    yield from methods(
        "django.contrib.contenttypes.models.ContentTypeManager",
        lambda _: ContentType.objects,
        get_by_natural_key=args("shop", "author"),
        get_for_id=args(1),
        get_for_model=args(shop.Author),
        get_for_models=args(shop.Author),
    )
    yield from methods(
        "django.contrib.sites.models.SiteManager",
        lambda _: Site.objects,
        get_by_natural_key=args("example.com"),
        get_current=args(),
    )
    yield from functions("django.contrib.sites.shortcuts", get_current_site=args(None))
    yield from functions("django.contrib.staticfiles.finders", find=args("admin/css/base.css"))


# --- forms, views, pages -----------------------------------------------------------------------


class _BookForm(forms.ModelForm):  # type: ignore[type-arg]
    """Has fields for a key and a many-to-many relation."""

    class Meta:
        model = shop.Book
        fields = ("title", "author", "tags")


class _AuthorForm(forms.ModelForm):  # type: ignore[type-arg]
    """Looks nothing up."""

    class Meta:
        model = shop.Author
        fields = ("name",)


_AuthorFormSet: Any = forms.modelformset_factory(shop.Author, form=_AuthorForm, extra=1)
_CommentForm: Any = forms.modelform_factory(shop.Comment, fields=("text",))
_CommentFormSet: Any = generic_inlineformset_factory(shop.Comment, form=_CommentForm)
_BookFormSet: Any = forms.inlineformset_factory(
    shop.Author, shop.Book, fields=("title",), fk_name="author"
)


def book_form(world: World) -> Any:
    """A form that was not validated yet."""
    data = {"title": "New", "author": world.author.pk, "tags": [world.tag.pk]}
    return _BookForm(data, instance=world.new_book())


def saved_book_form(world: World) -> Any:
    """A form that was saved, but for its many-to-many relations."""
    form = _BookForm(
        {"title": "New", "author": world.author.pk, "tags": [world.tag.pk]},
        instance=world.fresh_book,
    )
    _valid(form).save(commit=False)
    return form


def author_form(_: World) -> Any:
    """A form without anything to look up."""
    return _AuthorForm({"name": "New"})


def formset(world: World) -> Any:
    """A formset that edits an object, and was not validated yet."""
    return _AuthorFormSet(
        {
            "form-TOTAL_FORMS": "1",
            "form-INITIAL_FORMS": "1",
            "form-0-id": str(world.author.pk),
            "form-0-name": "New",
        },
        queryset=shop.Author.objects.filter(pk=world.author.pk),
    )


def new_formset(_: World) -> Any:
    """A formset that only adds objects."""
    return _AuthorFormSet(
        {"form-TOTAL_FORMS": "1", "form-INITIAL_FORMS": "0", "form-0-name": "New"}
    )


def _forms() -> Iterator[tuple[str, Recipe]]:
    models = "django.forms.models"
    yield from methods(
        f"{models}.BaseInlineFormSet",
        lambda w: _BookFormSet(instance=w.author),
        initial_form_count=args(),
        save_new=lambda w: args(_valid(_AuthorForm({"name": "New"}, instance=w.author))),
    )
    yield from methods(f"{models}.BaseModelForm", book_form, **_nothing("full_clean", "is_valid"))
    yield from methods(f"{models}.BaseModelForm", lambda w: _valid(book_form(w)), save=args())
    yield from methods(f"{models}.BaseModelForm", saved_book_form, save_m2m=args())
    yield from methods(f"{models}.BaseModelFormSet", formset, **_nothing("full_clean", "is_valid"))
    yield from methods(
        f"{models}.BaseModelFormSet",
        lambda w: _valid(formset(w)),
        delete_existing=lambda w: args(w.author),
        save=args(),
        save_existing=lambda w: args(_valid(author_form(w)), w.author),
        save_new=lambda w: args(_valid(author_form(w))),
    )
    yield from methods(
        f"{models}.BaseModelFormSet", lambda _: _AuthorFormSet(), initial_form_count=args()
    )


class _Detail(DetailView):  # type: ignore[type-arg]
    model = shop.Author


class _DateDetail(DateDetailView):  # type: ignore[type-arg]
    model = shop.Review
    date_field = "created"
    month_format = "%m"


class _Create(CreateView):  # type: ignore[type-arg]
    model = shop.Author
    form_class = _AuthorForm
    success_url = "/"


class _Update(UpdateView):  # type: ignore[type-arg]
    model = shop.Author
    form_class = _AuthorForm
    success_url = "/"


class _Delete(DeleteView):  # type: ignore[type-arg]
    model = shop.Author
    success_url = "/"


class _List(ListView):  # type: ignore[type-arg]
    model = shop.Author
    ordering = "pk"


def _post(_: World) -> HttpRequest:
    return RequestFactory().post("/", {"name": "New"})


def _today(world: World) -> Any:
    review = shop.Review.objects.first()
    day = review.created
    kwargs = {"pk": review.pk, "year": day.year, "month": day.month, "day": day.day}
    return _view(_DateDetail, _post, **kwargs)(world)


def _views() -> Iterator[tuple[str, Recipe]]:
    generic = "django.views.generic"
    request = args(RequestFactory().get("/"))

    def posted(world: World) -> Arguments:
        return args(_post(world))

    yield from methods(f"{generic}.dates.BaseDateDetailView", _today, get_object=args())
    yield from methods(f"{generic}.detail.BaseDetailView", _view(_Detail, _post, pk=1), get=request)
    yield from methods(
        f"{generic}.detail.SingleObjectMixin", _view(_Detail, _post, pk=1), get_object=args()
    )
    yield from methods(f"{generic}.edit.BaseCreateView", _view(_Create, _post), post=posted)
    yield from methods(
        f"{generic}.edit.BaseUpdateView", _view(_Update, _post, pk=1), get=request, post=posted
    )
    yield from methods(
        f"{generic}.edit.DeletionMixin", _view(_Delete, _post, pk=1), delete=posted, post=posted
    )
    yield from methods(
        f"{generic}.edit.ModelFormMixin",
        _view(_Create, _post),
        form_valid=lambda w: args(_valid(author_form(w))),
    )
    yield from methods(
        f"{generic}.list.MultipleObjectMixin",
        _view(_List, _post),
        paginate_queryset=lambda _: args(shop.Author.objects.order_by("pk"), 1),
    )


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
        **_nothing("count", "num_pages", "page_range"),
    )


# --- the rest ----------------------------------------------------------------------------------


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
        **_nothing("clear", "close"),
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
        "django.core.files.uploadedfile.TemporaryUploadedFile", _upload, **_nothing("chunks", "read")
    )
    yield from methods(
        "django.db.models.fields.files.FieldFile",
        lambda w: w.attachment.content,
        delete=args(),
        save=lambda _: args("b.txt", ContentFile(b"text")),
        **_nothing("chunks", "open", "read", "size"),
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

if django.VERSION >= (6, 0):
    from django.tasks import task, task_backends

    @task
    def _task() -> int:
        """Do next to nothing."""
        return 42

    def _dummy_task() -> Any:
        return _task.using(backend="dummy")

    def _tasks() -> Iterator[tuple[str, Recipe]]:
        yield from methods(
            "django.tasks.backends.base.BaseTaskBackend",
            lambda _: task_backends["default"],
            enqueue=args(_task, [], {}),
        )
        yield from methods(
            "django.tasks.backends.base.BaseTaskBackend",
            lambda _: task_backends["dummy"],
            get_result=lambda _: args(_dummy_task().enqueue().id),
        )
        yield from methods(
            "django.tasks.base.Task", lambda _: _task, **_nothing("call", "enqueue")
        )
        yield from methods(
            "django.tasks.base.Task",
            lambda _: _dummy_task(),
            get_result=lambda _: args(_dummy_task().enqueue().id),
        )
        yield from methods(
            "django.tasks.base.TaskResult", lambda _: _dummy_task().enqueue(), refresh=args()
        )


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
        **dict.fromkeys(("delete", "get", "head", "options", "patch", "post", "put", "trace"), args("/")),
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


RECIPES: Final[dict[str, Recipe]] = dict(
    chain(
        _orm(),
        _connections(),
        _users(),
        _auth_forms(),
        _sessions(),
        _other_contrib(),
        _forms(),
        _views(),
        _pages(),
        _cache(),
        _files(),
        _mail(),
        _rest(),
        _tasks() if django.VERSION >= (6, 0) else (),
    )
)

#: What the oldest Django that the tests run on does not have.
NEWER: Final = {
    "django.contrib.auth.check_password_with_timing_attack_mitigation": (6, 1),
    "django.db.transaction.savepoint_create": (6, 1),
    "django.tasks": (6, 0),
}

#: Twins that are there before they help.
EARLY_TWINS: Final = frozenset(
    {
        # They hash in the event loop until Django 6.0.
        "django.contrib.auth.base_user.AbstractBaseUser.check_password",
        "django.contrib.auth.hashers.check_password",
    }
)


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
        **_nothing("count", "num_pages", "page_range"),
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
        **_nothing("full_clean", "validate_constraints", "validate_unique"),
    )
    yield from methods(
        "django.forms.models.BaseModelForm", author_form, **_nothing("full_clean", "is_valid")
    )
    yield from methods(
        "django.forms.models.BaseModelForm", _saved_author_form, save_m2m=args()
    )
    yield from methods(
        "django.forms.models.BaseModelFormSet", new_formset, **_nothing("full_clean", "is_valid")
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
    form = _valid(author_form(world))
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
    "ModelForm.errors after is_valid": lambda w: lambda form=_valid(book_form(w)): form.errors,
    "ModelForm.is_valid after is_valid": lambda w: _valid(book_form(w)).is_valid,
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
