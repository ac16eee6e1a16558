"""Rows for the rest of Django: forms, views, pages, files, cache, mail, signals, tasks, tests."""

from itertools import chain
from typing import Final

from mypy_async_django.catalogue import django_contrib, django_database
from mypy_async_django.catalogue.row import Api, blocks, blocks_on_file, raises

VIEW: Final = "django.views.generic.base.View"
REQUEST: Final = "django.http.request.HttpRequest"
RESPONSE: Final = "django.http.response.HttpResponseBase"
STREAMING_RESPONSE: Final = "django.http.response.StreamingHttpResponse"
#: Exceptions that only a completed query raises.
RAISED_BY_QUERIES: Final = (
    "django.core.exceptions.MultipleObjectsReturned",
    "django.core.exceptions.ObjectDoesNotExist",
    "django.db.utils.DatabaseError",
)

_FORMS: Final = "django.forms.models"
_GENERIC: Final = "django.views.generic"
_CHECKS: Final = "a relation or a unique field is looked up"
_PAGED: Final = "it pages a queryset"
_NOT_EMPTY: Final = "the view may not be empty"
_LAZY_ROWS: Final = "it is given a queryset, or rows with a many-to-many field"
_UNBOUND: Final = "the formset is unbound"

_MODEL_FORMS: Final = (
    raises(f"{_FORMS}.BaseInlineFormSet", "initial_form_count", when=_UNBOUND),
    raises(f"{_FORMS}.BaseInlineFormSet", "save_new", unless="commit=False 1=False"),
    # No query once the form was validated, for instance in a thread.
    raises(f"{_FORMS}.BaseModelForm", "errors", when=_CHECKS, first_use_only=True),
    raises(f"{_FORMS}.BaseModelForm", "is_valid", when=_CHECKS, is_kept=True),
    raises(f"{_FORMS}.BaseModelForm", "full_clean validate_unique", when=_CHECKS),
    raises(f"{_FORMS}.BaseModelForm", "save", unless="commit=False 0=False"),
    raises(f"{_FORMS}.BaseModelForm", "save_m2m", when="the form has a many-to-many field"),
    raises(
        f"{_FORMS}.BaseModelFormSet",
        "delete_existing save_new",
        unless="commit=False 1=False",
    ),
    raises(f"{_FORMS}.BaseModelFormSet", "save", unless="commit=False 0=False"),
    raises(f"{_FORMS}.BaseModelFormSet", "save_existing", unless="commit=False 2=False"),
    raises(f"{_FORMS}.BaseModelFormSet", "is_valid", when=_CHECKS, is_kept=True),
    raises(f"{_FORMS}.BaseModelFormSet", "full_clean", when=_CHECKS),
    raises(f"{_FORMS}.BaseModelFormSet", "initial_form_count", when=_UNBOUND),
    raises(f"{_FORMS}.ModelChoiceField", "to_python"),
    raises(f"{_FORMS}.ModelMultipleChoiceField", "clean to_python"),
    raises(_FORMS, "model_to_dict", when="the model has a many-to-many field"),
)

_VIEWS: Final = (
    raises(f"{_GENERIC}.dates.BaseDateDetailView", "get_object"),
    raises(f"{_GENERIC}.dates.BaseDateListView", "get get_dated_queryset", when=_NOT_EMPTY),
    raises(f"{_GENERIC}.detail.BaseDetailView", "get"),
    raises(f"{_GENERIC}.detail.SingleObjectMixin", "get_object"),
    raises(f"{_GENERIC}.edit.BaseCreateView", "post"),
    raises(f"{_GENERIC}.edit.BaseUpdateView", "get post"),
    raises(f"{_GENERIC}.edit.DeletionMixin", "delete post"),
    raises(f"{_GENERIC}.edit.ModelFormMixin", "form_valid"),
    raises(f"{_GENERIC}.list.BaseListView", "get", when="the view pages, or may not be empty"),
    raises(f"{_GENERIC}.list.MultipleObjectMixin", "get_context_data", when="the view pages"),
    raises(f"{_GENERIC}.list.MultipleObjectMixin", "paginate_queryset"),
)

_PAGES: Final = (
    raises(
        "django.core.paginator.Page",
        "__contains__ __getitem__ __iter__ __len__",
        instead="django.core.paginator.AsyncPage",
        since=(6, 0),
        when=_PAGED,
    ),
    raises(
        "django.core.paginator.Paginator",
        "count get_page num_pages page page_range validate_number",
        instead="django.core.paginator.AsyncPaginator",
        since=(6, 0),
        when=_PAGED,
    ),
)

# The backend is configured in settings: a database cache raises, a network cache blocks.
_CACHE: Final = (
    blocks(
        "django.core.cache.backends.base.BaseCache",
        "add clear close decr decr_version delete delete_many get get_many get_or_set has_key incr"
        " incr_version set set_many touch",
        twin="a*",
        since=(4, 0),
    ),
    blocks(
        "django.core.cache.backends.base.BaseCache", "__contains__", twin="ahas_key", since=(4, 0)
    ),
)

# Not "read" and "chunks" of every file: a ContentFile and a small upload are in memory.
_FILES: Final = (
    blocks_on_file(
        "django.core.files.storage.base.Storage",
        "delete exists get_accessed_time get_available_name get_created_time get_modified_time"
        " listdir open save size",
    ),
    blocks_on_file("django.core.files.uploadedfile.TemporaryUploadedFile", "chunks read"),
    raises("django.db.models.fields.files.FieldFile", "delete", unless="save=False 0=False"),
    raises("django.db.models.fields.files.FieldFile", "save", unless="save=False 2=False"),
    blocks_on_file("django.db.models.fields.files.FieldFile", "chunks open read size write"),
    raises("django.db.models.fields.files.ImageFieldFile", "delete", unless="save=False 0=False"),
)

_MAIL: Final = (
    blocks("django.core.mail", "mail_admins mail_managers send_mail send_mass_mail"),
    blocks("django.core.mail.backends.base.BaseEmailBackend", "open send_messages"),
    blocks_on_file("django.core.mail.message.EmailMessage", "attach_file"),
    blocks("django.core.mail.message.EmailMessage", "send"),
)

_SIGNALS_AND_TASKS: Final = (
    # Also fails with RuntimeError if one of the receivers is async.
    blocks(
        "django.dispatch.dispatcher.Signal",
        "send send_robust",
        twin="a*",
        since=(5, 0),
        when="a receiver blocks",
    ),
    blocks(
        "django.tasks.backends.base.BaseTaskBackend",
        "enqueue get_result",
        twin="a*",
        since=(6, 0),
    ),
    blocks("django.tasks.base.Task", "call enqueue get_result", twin="a*", since=(6, 0)),
    blocks("django.tasks.base.TaskResult", "refresh", twin="a*", since=(6, 0)),
)

_COMMANDS_AND_DATA: Final = (
    raises("django.core.management", "call_command", when="the command uses the database"),
    raises("django.core.serializers", "serialize", when=_LAZY_ROWS),
    raises("django.core.serializers.base.DeserializedObject", "save"),
    raises("django.core.serializers.base.Serializer", "serialize", when=_LAZY_ROWS),
)

#: The class that a test can assign to ``self.client``, against the declared one.
ASYNC_CLIENT: Final = "django.test.AsyncClient"

_TESTS: Final = (
    raises(
        "django.test.client.Client",
        "delete get head options patch post put request trace",
        instead=ASYNC_CLIENT,
        since=(3, 1),
        when="the view uses the database",
    ),
    raises(
        "django.test.client.ClientMixin",
        "force_login login logout",
        twin="a*",
        since=(5, 0),
    ),
    # A client that has logged in has its session in memory.
    raises(
        "django.test.client.ClientMixin", "session", twin="a*", since=(5, 0), first_use_only=True
    ),
)

ROWS: Final[tuple[Api, ...]] = (
    *django_contrib.ROWS,
    *django_database.ROWS,
    *chain.from_iterable(
        chain(
            _MODEL_FORMS,
            _VIEWS,
            _PAGES,
            _CACHE,
            _FILES,
            _MAIL,
            _SIGNALS_AND_TASKS,
            _COMMANDS_AND_DATA,
            _TESTS,
        )
    ),
)
