"""Recipes for queries, models, connections and transactions."""

from collections.abc import Callable, Iterator
from itertools import chain
from typing import Any, Final

from django.db import connection, transaction
from django.db.migrations.executor import MigrationExecutor
from django.db.migrations.loader import MigrationLoader
from django.db.migrations.recorder import MigrationRecorder
from django.db.models import Count
from django.db.models.deletion import Collector
from django.test.utils import CaptureQueriesContext
from recipe import Recipe, args, functions, methods, nothing
from world import World, shop


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
        **nothing("count", "exists", "explain", "first", "last"),
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
        **nothing("__bool__", "__getstate__", "__iter__", "__len__", "__repr__", "delete"),
    )
    yield from methods(
        "django.db.models.query.RawQuerySet",
        lambda _: shop.Book.objects.raw("SELECT * FROM shop_book"),
        __getitem__=args(0),
        **nothing("__bool__", "__iter__", "__len__"),
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
        **nothing("delete", "refresh_from_db", "save", "save_base"),
    )
    yield from methods("django.db.models.deletion.Collector", _collected, delete=args())
    yield from methods(
        "django.db.models.base.Model", lambda _: shop.Tag(label="new"), validate_unique=args()
    )
    yield from methods(
        "django.db.models.base.Model", lambda w: w.attachment, validate_constraints=args()
    )


def _collected(world: World) -> Collector:
    collector = Collector(using="default")
    collector.collect([world.author])
    return collector


def _connections() -> Iterator[tuple[str, Recipe]]:
    yield from methods(
        "django.db.backends.base.base.BaseDatabaseWrapper",
        lambda _: connection,
        on_commit=args(print),
        savepoint_commit=args("s1"),
        savepoint_rollback=args("s1"),
        set_autocommit=args(True),
        **nothing(
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
        **nothing("sequence_list", "table_names"),
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
        **nothing(
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
        **nothing("applied_migrations", "ensure_schema", "flush", "has_table"),
    )


RECIPES: Final = dict(
    chain(
        _orm(),
        _connections(),
    )
)
