"""Rows for Django's database layer: managers, querysets, models, connections, transactions.

Lazy methods have no row here (``filter``, ``all``, ``iterator``, ...); implicit evaluation is in
django_lazy.py. Generic relations have no rows: django-stubs has no type for their managers.
"""

from itertools import chain
from typing import Final

from mypy_async_django.catalogue.row import Api, blocks, raises

#: The prefixes of the full names of connections and cursors: each belongs to one thread.
BOUND_TO_THREAD: Final = "django.db.backends."

#: What closes the connections of the thread that runs it, and the classes of objects that do.
CLOSING: Final = frozenset({"django.db.close_old_connections"})
CONNECTION: Final = (
    "django.db.backends.base.base.BaseDatabaseWrapper",
    "django.db.utils.BaseConnectionHandler",
    "django.utils.connection.BaseConnectionHandler",
    "django.utils.connection.ConnectionProxy",
)

ATOMIC: Final = "django.db.transaction.atomic"
ATOMIC_CLASS: Final = "django.db.transaction.Atomic"

#: Runs each test in a transaction.
TEST_CASE: Final = "django.test.testcases.TestCase"

_DB: Final = "django.db"
_MODELS: Final = "django.db.models"
_MODEL: Final = "django.db.models.base.Model"
_RELATED: Final = "django.db.models.fields.related_descriptors"
_QUERIES: Final = (
    "aggregate bulk_create bulk_update contains count create earliest exists explain first get"
    " get_or_create in_bulk last latest update update_or_create"
)

_ORM: Final = (
    raises(f"{_MODELS}.manager.Manager", _QUERIES, twin="a*", since=(4, 1)),
    raises(f"{_MODELS}.query.QuerySet", f"{_QUERIES} delete", twin="a*", since=(4, 1)),
    raises(
        f"{_MODELS}.query",
        "prefetch_related_objects",
        twin="django.db.models.a*",
        since=(5, 0),
    ),
    raises(f"{_RELATED}.ManyRelatedManager", "add clear remove set", twin="a*", since=(4, 2)),
    raises(
        f"{_RELATED}.ManyRelatedManager",
        "create get_or_create update_or_create",
        twin="a*",
        since=(4, 1),
    ),
    raises(f"{_RELATED}.RelatedManager", "add clear remove set", twin="a*", since=(4, 2)),
    raises(
        "django.shortcuts",
        "get_list_or_404 get_object_or_404",
        twin="django.shortcuts.a*",
        since=(5, 0),
    ),
)

_INSTANCES: Final = (
    raises(_MODEL, "delete refresh_from_db save", twin="a*", since=(4, 2)),
    raises(_MODEL, "save_base"),
    raises(f"{_MODELS}.deletion.Collector", "delete"),
    # A model without relations, unique fields and constraints needs no query: an object
    # that is stored already is not compared with its own key. Most models have one of these.
    raises(_MODEL, "full_clean", when="the model has a relation or a unique field"),
    raises(_MODEL, "validate_constraints", when="the model has constraints"),
    raises(_MODEL, "validate_unique", when="the model has a unique field"),
)

# An event loop has connections of its own, and never opens one: "close_old_connections" and
# "connections.close_all" find nothing to close there.
_CONNECTIONS: Final = (
    raises(
        f"{_DB}.backends.base.introspection.BaseDatabaseIntrospection", "sequence_list table_names"
    ),
    raises(f"{_DB}.backends.base.schema.BaseDatabaseSchemaEditor", "__enter__"),
    raises(
        f"{_DB}.backends.base.base.BaseDatabaseWrapper",
        "check_constraints chunked_cursor close connect cursor ensure_connection"
        " temporary_connection",
    ),
    raises(
        f"{_DB}.backends.base.base.BaseDatabaseWrapper",
        "constraint_checks_disabled disable_constraint_checking enable_constraint_checking",
        when="the database is MySQL or SQLite",
    ),
    # Django guards only the creation of a cursor; a cursor created in a thread works and blocks.
    blocks(f"{_DB}.backends.utils.CursorWrapper", "execute executemany"),
    raises("django.test.utils.CaptureQueriesContext", "__enter__"),
)

_TRANSACTIONS: Final = (
    raises(
        f"{_DB}.backends.base.base.BaseDatabaseWrapper",
        "clean_savepoints commit get_autocommit on_commit rollback savepoint savepoint_commit"
        " savepoint_rollback set_autocommit",
    ),
    raises(
        f"{_DB}.transaction",
        "clean_savepoints commit get_autocommit on_commit rollback savepoint savepoint_commit"
        " savepoint_create savepoint_rollback set_autocommit",
    ),
)

_MIGRATIONS: Final = (
    raises(f"{_DB}.migrations.executor", "MigrationExecutor"),
    raises(f"{_DB}.migrations.executor.MigrationExecutor", "migrate"),
    raises(f"{_DB}.migrations.loader", "MigrationLoader", when="it is given a connection"),
    raises(f"{_DB}.migrations.loader.MigrationLoader", "check_consistent_history"),
    raises(
        f"{_DB}.migrations.recorder.MigrationRecorder",
        "applied_migrations ensure_schema flush has_table record_applied record_unapplied",
    ),
)

ROWS: Final[tuple[Api, ...]] = tuple(
    chain.from_iterable(chain(_ORM, _INSTANCES, _CONNECTIONS, _TRANSACTIONS, _MIGRATIONS))
)

#: The rows that begin, end or query a transaction.
TRANSACTIONS: Final = frozenset(
    {f"{_DB}.transaction.Atomic.__enter__", *(row.name for row in chain(*_TRANSACTIONS))}
)

#: The methods that run the query of ``select_for_update()`` and take its locks (run on PostgreSQL).
#: ``acount``, ``aaggregate``, ``aupdate``, ``adelete`` lock nothing, ``aupdate_or_create`` opens a
#: transaction of its own.
LOCKING: Final = frozenset(
    {
        "acontains",
        "aearliest",
        "aexists",
        "aexplain",
        "afirst",
        "aget",
        "aget_or_create",
        "ain_bulk",
        "alast",
        "alatest",
    }
)
