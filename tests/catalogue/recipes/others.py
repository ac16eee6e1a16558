"""Recipes for forms, views, pages, files, the cache, mail, signals, tasks and the test client."""

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
    valid(form).save(commit=False)
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
        save_new=lambda w: args(valid(_AuthorForm({"name": "New"}, instance=w.author))),
    )
    yield from methods(f"{models}.BaseModelForm", book_form, **nothing("full_clean", "is_valid"))
    yield from methods(f"{models}.BaseModelForm", lambda w: valid(book_form(w)), save=args())
    yield from methods(f"{models}.BaseModelForm", saved_book_form, save_m2m=args())
    yield from methods(f"{models}.BaseModelFormSet", formset, **nothing("full_clean", "is_valid"))
    yield from methods(
        f"{models}.BaseModelFormSet",
        lambda w: valid(formset(w)),
        delete_existing=lambda w: args(w.author),
        save=args(),
        save_existing=lambda w: args(valid(author_form(w)), w.author),
        save_new=lambda w: args(valid(author_form(w))),
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
    return prepared_view(_DateDetail, _post, **kwargs)(world)


def _views() -> Iterator[tuple[str, Recipe]]:
    generic = "django.views.generic"
    request = args(RequestFactory().get("/"))

    def posted(world: World) -> Arguments:
        return args(_post(world))

    yield from methods(f"{generic}.dates.BaseDateDetailView", _today, get_object=args())
    yield from methods(f"{generic}.detail.BaseDetailView", prepared_view(_Detail, _post, pk=1), get=request)
    yield from methods(
        f"{generic}.detail.SingleObjectMixin", prepared_view(_Detail, _post, pk=1), get_object=args()
    )
    yield from methods(f"{generic}.edit.BaseCreateView", prepared_view(_Create, _post), post=posted)
    yield from methods(
        f"{generic}.edit.BaseUpdateView", prepared_view(_Update, _post, pk=1), get=request, post=posted
    )
    yield from methods(
        f"{generic}.edit.DeletionMixin", prepared_view(_Delete, _post, pk=1), delete=posted, post=posted
    )
    yield from methods(
        f"{generic}.edit.ModelFormMixin",
        prepared_view(_Create, _post),
        form_valid=lambda w: args(valid(author_form(w))),
    )
    yield from methods(
        f"{generic}.list.MultipleObjectMixin",
        prepared_view(_List, _post),
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
            "django.tasks.base.Task", lambda _: _task, **nothing("call", "enqueue")
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


