"""The other way round: what Django guards, marks or decorates is in the catalogue or excused."""

import inspect
from collections.abc import Iterator
from typing import Any, Final

import pytest
import source
from django.utils import decorators
from django.utils.decorators import decorator_from_middleware
from test_django_twins import known, modules

from mypy_async_django.catalogue import django_lazy, overrides
from mypy_async_django.catalogue.decorators import SYNC_DECORATORS
from mypy_async_django.catalogue.lookup import ROWS
from mypy_async_django.catalogue.row import Effect

_COMMANDS: Final = "commands and migrations run without an event loop"
_FIELDS: Final = "forms, models and prefetches call it"
_PAGES: Final = "a page of Django's own, which runs in a thread"
_RUNNER: Final = "the test runner calls it"
_SQL: Final = "querysets call it"

#: Functions that reach the database and have no row: by name, or what a name that ends in a dot
#: begins with.
EXCUSED: Final = {
    "django.contrib.admin.": _PAGES,
    "django.contrib.auth.admin.": _PAGES,
    "django.contrib.auth.management.": _COMMANDS,
    "django.contrib.auth.middleware.": "middleware that is sync runs in a thread",
    "django.contrib.auth.migrations.": _COMMANDS,
    "django.contrib.auth.views.": _PAGES,
    "django.contrib.contenttypes.fields.": _FIELDS,
    "django.contrib.contenttypes.management.": _COMMANDS,
    "django.contrib.contenttypes.migrations.": _COMMANDS,
    "django.contrib.contenttypes.views.shortcut": _PAGES,
    "django.contrib.gis.": "needs libraries that are not there to run it",
    "django.contrib.postgres.constraints.": _FIELDS,
    "django.contrib.postgres.fields.": _FIELDS,
    "django.contrib.postgres.operations.": _COMMANDS,
    "django.contrib.postgres.signals.": "a new connection calls it",
    "django.contrib.sessions.backends.cache.SessionStore.cache_key": "makes a string",
    "django.contrib.sessions.backends.cached_db.SessionStore.cache_key": "makes a string",
    "django.contrib.sessions.backends.db.SessionStore.create_model_instance": "saves nothing",
    "django.contrib.sessions.middleware.": "middleware that is sync runs in a thread",
    "django.contrib.sites.management.": _COMMANDS,
    "django.contrib.sites.models.clear_site_cache": "saving and deleting call it",
    "django.core.mail.backends.smtp.EmailBackend.close": "it is not that connection",
    "django.core.management.commands.": _COMMANDS,
    "django.core.serializers.base.DeserializedObject.save_deferred_fields": "loaddata calls it",
    "django.db.backends.base.base.BaseDatabaseWrapper.close_if_health_check_failed": "none is open",
    "django.db.backends.base.base.BaseDatabaseWrapper.close_if_unusable_or_obsolete": "none is open",
    "django.db.backends.base.creation.": _RUNNER,
    "django.db.backends.base.features.": "a property that is asked before",
    "django.db.backends.base.introspection.BaseDatabaseIntrospection.django_table_names": _COMMANDS,
    "django.db.backends.base.operations.": _COMMANDS,
    "django.db.backends.base.schema.": "stands in a block whose beginning raises",
    "django.db.backends.mysql.": "nobody's variable is declared as one",
    "django.db.backends.oracle.": "nobody's variable is declared as one",
    "django.db.backends.postgresql.": "nobody's variable is declared as one",
    "django.db.backends.sqlite3.": "nobody's variable is declared as one",
    "django.db.migrations.": _COMMANDS,
    "django.db.models.constraints.": _FIELDS,
    "django.db.models.fields.": _FIELDS,
    "django.db.models.query_utils.DeferredAttribute.": "the rules know what reads it",
    "django.db.models.sql.": _SQL,
    "django.db.transaction.Atomic.__exit__": "ends a block whose beginning raises",
    "django.db.models.query.QuerySet.union": "what it looks into is a list",
    "django.forms.models.BaseInlineFormSet.add_fields": "making the forms calls it",
    "django.forms.models.BaseModelFormSet.add_fields": "making the forms calls it",
    "django.forms.models.BaseModelFormSet.save_existing_objects": "save() prepares and calls it",
    "django.forms.models.BaseModelFormSet.save_new_objects": "save() prepares and calls it",
    "django.forms.models.ModelChoiceIterator.": "widgets call it",
    "django.middleware.csrf.": "middleware that is sync runs in a thread",
    "django.test.selenium.": _RUNNER,
    "django.test.testcases.": _RUNNER,
    "django.views.generic.edit.BaseDeleteView.form_valid": "django-stubs does not have it there",
    "django.views.generic.dates.": "the view's get() calls it",
}

#: What is there to walk only where a library is installed.
OPTIONAL: Final = ("django.contrib.gis.", "django.contrib.postgres.", "django.db.backends.")

#: Decorators that do no harm, or take no functions.
DECORATORS: Final = {
    "django.contrib.admin.decorators.register": "takes a class",
    "django.contrib.auth.decorators.login_not_required": "sets an attribute",
    "django.views.decorators.csp.csp_override": "is newer than async views",
    "django.views.decorators.csp.csp_report_only_override": "is newer than async views",
    "django.views.decorators.debug.coroutine_functions_to_sensitive_variables": "is no decorator",
}


def is_public(name: str) -> bool:
    """Tell whether no part of the name is private."""
    return not any(part.startswith("_") and not part.endswith("_") for part in name.split("."))


def excuse(name: str) -> str | None:
    """The key of what excuses this function."""
    return next(
        (key for key in EXCUSED if name == key or name.startswith(f"{key.rstrip('.')}.")), None
    )


@pytest.fixture(scope="module")
def reaching() -> dict[str, str]:
    """Each public function without a row that reaches the database, and what it calls for that."""
    rows = {
        row.name
        for row in (*ROWS, *django_lazy.ITERATORS)
        if row.effect is Effect.RAISES and not row.when
    }
    found = source.reaching(modules(), rows)
    return {
        name: called
        for name, called in found.items()
        if is_public(name) and name not in rows and not known(name)
    }


def test_every_guarded_function_is_known(reaching: dict[str, str]) -> None:
    """What ends in ``async_unsafe``, or in what has a row, has a row itself or an excuse."""
    missing = [
        f'raises("{name.rpartition(".")[0]}", "{name.rpartition(".")[2]}"),  # calls {called}'
        for name, called in sorted(reaching.items())
        if not excuse(name)
    ]
    assert len(reaching) > 100
    assert not missing, "\n".join(
        ("run these in a coroutine and add them to the catalogue or to EXCUSED:", *missing)
    )


def test_excuses_are_needed(reaching: dict[str, str]) -> None:
    """Each excuses something."""
    unused = set(EXCUSED) - {excuse(name) for name in reaching}
    assert not [key for key in unused if not key.startswith(OPTIONAL)]


def middleware() -> Iterator[tuple[str, Any]]:
    """Django's middleware: what says of itself whether it can be sync, async or both."""
    for module in modules():
        for name, value in list(vars(module).items()):
            # Not getattr() of everything: a lazy object would be set up by the question.
            if issubclass(type(value), type | type(modules)) and hasattr(value, "async_capable"):
                yield f"{value.__module__}.{name}", value


def test_all_middleware_can_be_async() -> None:
    """So none has a row; one that runs in a thread of its own would slow the whole chain down."""
    found = dict(middleware())
    assert "django.utils.deprecation.MiddlewareMixin" in found
    sync_only = [name for name, value in found.items() if not value.async_capable]
    assert not sync_only, f"these are sync only, and the catalogue does not say so: {sync_only}"


def public_decorators() -> Iterator[str]:
    """The public functions of the modules that hold decorators, those made of middleware too."""
    for module in modules():
        places = {module.__name__, decorator_from_middleware.__module__}
        if "views.decorators." in module.__name__ or module.__name__.endswith(".decorators"):
            for name, value in vars(module).items():
                is_made_here = inspect.isfunction(value) and value.__module__ in places
                if is_made_here and is_public(name) and not hasattr(decorators, name):
                    yield f"{module.__name__}.{name}"


def test_every_decorator_is_known() -> None:
    """Each has a row that says since when it holds a coroutine function, or an excuse."""
    rows = SYNC_DECORATORS.keys() | overrides.DECORATORS.keys()
    missing = set(public_decorators()) - rows - DECORATORS.keys()
    assert not missing, f"add these to catalogue/decorators.py: {sorted(missing)}"
