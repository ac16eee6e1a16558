"""What real Django does in an event loop, where a rule leans on it and the documentation is silent.

Each operation is prepared in a thread without an event loop, and performed inside a coroutine.
"""

import asyncio
import copy
import csv
import heapq
import logging
import pickle
import random
from collections.abc import Callable, Coroutine, Iterator
from functools import reduce
from io import StringIO
from itertools import (
    accumulate,
    chain,
    compress,
    groupby,
    islice,
    pairwise,
    product,
    takewhile,
    zip_longest,
)
from threading import get_ident
from typing import Any, Final

import django
import pytest
from asgiref.sync import sync_to_async
from django import forms
from django.conf import settings
from django.contrib.admin.models import LogEntry
from django.contrib.auth import aauthenticate
from django.contrib.auth.hashers import MD5PasswordHasher, acheck_password
from django.contrib.auth.middleware import AuthenticationMiddleware
from django.contrib.auth.mixins import LoginRequiredMixin
from django.contrib.auth.models import User
from django.contrib.sessions.backends.db import SessionStore
from django.core.cache import cache
from django.core.cache.backends.db import DatabaseCache
from django.core.exceptions import SynchronousOnlyOperation
from django.core.paginator import Paginator
from django.core.serializers import serialize
from django.db import DatabaseError, connection, transaction
from django.db.models import Count, Q
from django.dispatch import Signal
from django.forms.models import model_to_dict
from django.http import HttpRequest, HttpResponse, StreamingHttpResponse
from django.shortcuts import redirect
from django.template import engines
from django.template.response import TemplateResponse
from django.test import AsyncClient, RequestFactory, TransactionTestCase, override_settings
from django.urls import path
from django.views import View
from recipe import Operation, after
from world import World, awaited, in_event_loop, shop

from mypy_async_django.catalogue.django_contrib import ANSWERED_BY_LOADED_SESSIONS, SESSION
from mypy_async_django.catalogue.lookup import ROWS
from mypy_async_django.catalogue.middleware import LOADING_USERS

pytestmark = pytest.mark.filterwarnings("ignore:Calling select_related")

Operations = dict[str, Callable[[World], Operation]]
Actions = dict[str, Callable[[Any], object]]


def on(prepare: Callable[[World], Any], actions: Actions) -> Operations:
    """Operations on the object that ``prepare`` makes."""
    return {name: after(prepare, action) for name, action in actions.items()}


def check(assertion: str, *arguments: object) -> None:
    """Make an assertion of a test case."""
    getattr(TransactionTestCase(), assertion)(*arguments)


def books(world: World) -> Any:
    """A queryset."""
    return world.books


def fresh_book(world: World) -> Any:
    """A book none of whose relations has been loaded."""
    return world.fresh_book


def prefetched(world: World) -> Any:
    """An author whose books are there already."""
    return shop.Author.objects.prefetch_related("books").get(pk=world.author.pk)


def lazy_request(world: World) -> HttpRequest:
    """A request of a user who has logged in, as the middleware leaves it."""
    request = world.user_request()
    AuthenticationMiddleware(lambda _: HttpResponse()).process_request(request)
    return request


def co_written(world: World) -> Any:
    """A book with a second author, selected without naming its relations."""
    shop.Book.objects.filter(pk=world.book.pk).update(co_author=world.author)
    return shop.Book.objects.select_related().get(pk=world.book.pk)


def key_was_loaded(world: World) -> Any:
    """A book whose publisher was asked for before."""
    book = world.fresh_book
    assert book.publisher
    return book


def paginator_in_use(_: World) -> Any:
    """A paginator that has made a page."""
    paginator = Paginator(shop.Book.objects.order_by("pk"), 2)
    paginator.page(1)
    return paginator


def anonymous_session(_: World) -> Any:
    """The session of a visitor without a cookie."""
    return SessionStore()


class TagForm(forms.Form):
    """Renders a choice of rows."""

    tag = forms.ModelChoiceField(shop.Tag.objects)


class NameForm(forms.Form):
    """Renders nothing but itself."""

    name = forms.CharField()


FREE: Operations = {
    **on(
        books,
        {
            "a slice": lambda qs: qs[:2],
            "a slice of a slice": lambda qs: qs[:4][1:],
            "and, or of querysets": lambda qs: (qs.order_by() | qs.order_by()) & qs.order_by(),
            "bulk_create of nothing": lambda qs: qs.bulk_create([]),
            "chain() that is not iterated": lambda qs: chain(qs, qs),
            "comparing": lambda qs: qs == qs.all(),
            "deepcopy": copy.deepcopy,
            "filter for a key among none": lambda qs: list(qs.filter(pk__in=[])),
            "id()": id,
            "in_bulk of nothing": lambda qs: qs.in_bulk([]),
            "is None": lambda qs: qs is None,
            "isinstance()": lambda qs: isinstance(qs, list),
            "length of none()": lambda qs: len(qs.none()),
            "str() of the query": lambda qs: str(qs.query),
        },
    ),
    **on(
        prefetched,
        {
            "prefetched: all() counted": lambda author: author.books.all().count(),
            "prefetched: all() indexed": lambda author: author.books.all()[0],
            "prefetched: all() iterated": lambda author: list(author.books.all()),
            "prefetched: all() measured": lambda author: len(author.books.all()),
            "prefetched: all() tested": lambda author: bool(author.books.all()),
            "prefetched: count()": lambda author: author.books.count(),
            "prefetched: exists()": lambda author: author.books.exists(),
            "prefetched: filter() that stays lazy": lambda author: author.books.filter(pages=0),
            "prefetched: the parent": lambda author: [b.author for b in author.books.all()],
        },
    ),
    **on(
        paginator_in_use,
        {
            "after a page: another one": lambda paginator: paginator.get_page(2),
            "after a page: count": lambda paginator: paginator.count,
            "after a page: num_pages": lambda paginator: paginator.num_pages,
            "after a page: page_range": lambda paginator: list(paginator.page_range),
            "after a page: validate_number()": lambda paginator: paginator.validate_number(2),
        },
    ),
    "a key that was assigned": after(World.new_book, lambda book: book.author.name),
    "a key that was loaded before": after(key_was_loaded, lambda book: book.publisher.name),
    "a key's own value": after(fresh_book, lambda book: book.publisher_id),
    "a null key": after(fresh_book, lambda book: book.co_author),
    "a plain form rendered": after(books, lambda _: NameForm().as_p()),
    "a session without a cookie": after(
        anonymous_session, lambda session: session.update({"x": 1})
    ),
    "hasattr() of a reverse relation": after(
        lambda w: w.fresh_author, lambda author: hasattr(author, "books")
    ),
    "model_to_dict() without many-to-many": after(lambda w: w.author, model_to_dict),
    "a Q with request.user": after(lazy_request, lambda request: Q(user=request.user)),
    "request.user is None": after(lazy_request, lambda request: request.user is None),
    "the parent of a reverse relation's rows": after(
        lambda w: list(w.author.books.all()), lambda rows: [book.author.name for book in rows]
    ),
}

RAISES: Operations = {
    **on(
        books,
        {
            "assertCountEqual()": lambda qs: check("assertCountEqual", qs.filter(pk=0), []),
            "assertFalse()": lambda qs: check("assertFalse", qs.filter(pk=0)),
            "assertNotIn()": lambda qs: check("assertNotIn", 0, qs),
            "assertQuerySetEqual()": lambda qs: check("assertQuerySetEqual", qs.filter(pk=0), []),
            "assertSequenceEqual()": lambda qs: check("assertSequenceEqual", qs.filter(pk=0), []),
            "assertTrue()": lambda qs: check("assertTrue", qs),
            "csv.writer.writerows()": lambda qs: csv.writer(StringIO()).writerows(
                qs.values_list("pk")
            ),
            "dict.fromkeys()": dict.fromkeys,
            "format()": lambda qs: format(qs),
            "groupby() that is made": groupby,
            "heapq.nlargest()": lambda qs: heapq.nlargest(2, qs, key=str),
            "HttpResponse()": lambda qs: HttpResponse(qs.values_list("title", flat=True)),
            "islice() that is made": lambda qs: islice(qs, 2),
            "pairwise() that is made": pairwise,
            "pickle.dumps()": pickle.dumps,
            "product() that is made": lambda qs: product([1], qs),
            "random.choice()": random.choice,
            "reduce()": lambda qs: reduce(lambda a, _: a, qs),
            "takewhile() that is made": lambda qs: takewhile(bool, qs),
            "zip_longest() that is made": lambda qs: zip_longest([], qs),
            "a generator expression that is made": lambda qs: (book for book in qs),
            "a slice with a step": lambda qs: qs[0:4:2],
            "accumulate() that is made": accumulate,
            "chain() iterated": lambda qs: list(chain([], qs)),
            "compress() that is made": lambda qs: compress([1], qs),
            "copy.copy()": copy.copy,
            "delete() of none()": lambda qs: qs.none().delete(),
            "dict comprehension": lambda qs: {book.pk: book for book in qs},
            "enumerate() that is made": lambda qs: enumerate(qs),
            "f-string": lambda qs: f"{qs}",
            "iter()": iter,
            "iterator() iterated": lambda qs: list(qs.iterator()),
            "list()": list,
            "map() that is made": lambda qs: map(str, qs),
            "or": lambda qs: qs or None,
            "raw() iterated": lambda _: list(shop.Book.objects.raw("SELECT * FROM shop_book")),
            "repr()": repr,
            "reversed()": reversed,
            "sorted()": lambda qs: sorted(qs, key=str),
            "str()": str,
            "union iterated": lambda qs: list(qs.order_by().union(qs.order_by())),
            "unpacking": lambda qs: [*qs],
            "values_list() iterated": lambda qs: list(qs.values_list("pk")),
            "zip() that is made": lambda qs: zip(qs, qs, strict=True),
        },
    ),
    **on(
        prefetched,
        {
            "prefetched: filter() iterated": lambda author: list(author.books.filter(pages=0)),
            "prefetched: first()": lambda author: author.books.first(),
            "prefetched: latest()": lambda author: author.books.latest("pk"),
            "prefetched: order_by() iterated": lambda author: list(author.books.order_by("pk")),
            "prefetched: values_list() iterated": lambda author: list(
                author.books.values_list("pk")
            ),
        },
    ),
    **on(
        fresh_book,
        {
            "a form with a choice of rows rendered": lambda _: TagForm().as_p(),
            "a key's pk by way of the object": lambda book: book.publisher.pk,
            "a method that follows a key": lambda book: redirect(book),
            "add() of nothing": lambda book: book.tags.add(),
            "model_to_dict() with many-to-many": model_to_dict,
            "serialize() of rows with many-to-many": lambda book: serialize("json", [book]),
            "set() of nothing": lambda book: book.tags.set([]),
            "the other side of a generic key": lambda book: book.comments.count(),
        },
    ),
    **on(
        paginator_in_use,
        {"after a page: the rows of one": lambda paginator: list(paginator.page(1))},
    ),
    **on(
        lazy_request,
        {
            "a condition with request.user": lambda request: LogEntry.objects.filter(
                user=request.user
            ),
            "a condition with a Q of request.user": lambda request: LogEntry.objects.filter(
                Q(user=request.user)
            ),
            "a condition with a list of request.user": lambda request: LogEntry.objects.exclude(
                user__in=[request.user]
            ),
            "a row made with request.user": lambda request: LogEntry(user=request.user),
            "a row that gets request.user": lambda request: setattr(
                LogEntry(), "user", request.user
            ),
            "bool(request.user)": lambda request: bool(request.user),
            "isinstance(request.user, User)": lambda request: isinstance(request.user, User),
            "request.user == another": lambda request: request.user == User(),
            "request.user.is_authenticated": lambda request: request.user.is_authenticated,
            "request.user.pk": lambda request: request.user.pk,
        },
    ),
    "a generic key": after(lambda _: shop.Comment.objects.first(), lambda c: c.subject),
    "a nullable key after a bare select_related()": after(co_written, lambda book: book.co_author),
    "a property that queries": after(lambda w: w.fresh_author, lambda author: author.latest_title),
    "a template that iterates it": after(
        books,
        lambda qs: from_string("{% for book in books %}{{ book }}{% endfor %}").render(
            {"books": qs}
        ),
    ),
    "hasattr() of a one-to-one relation": after(
        lambda w: w.fresh_author, lambda author: hasattr(author, "profile")
    ),
}


def from_string(text: str) -> Any:
    """A template."""
    return engines["django"].from_string(text)


@pytest.mark.parametrize("name", FREE)
def test_free(name: str, world: World) -> None:
    """It does not raise."""
    in_event_loop(FREE[name](world))


@pytest.mark.parametrize("name", RAISES)
def test_raises(name: str, world: World) -> None:
    """It raises, and works outside."""
    with pytest.raises(SynchronousOnlyOperation):
        in_event_loop(RAISES[name](world))
    RAISES[name](world)()


CONSUMED_FREE: Actions = {
    "[0]": lambda qs: qs[0],
    "[1:]": lambda qs: qs[1:],
    "bool()": bool,
    "contains()": lambda qs: qs.contains(qs[0]),
    "count()": lambda qs: qs.count(),
    "exists()": lambda qs: qs.exists(),
    "first()": lambda qs: qs.first(),
    "in": lambda qs: None in qs,
    "len()": len,
    "list()": list,
}

CONSUMED_RAISES: Actions = {
    "aggregate()": lambda qs: qs.aggregate(rows=Count("pk")),
    "all()": lambda qs: list(qs.all()),
    "filter()": lambda qs: list(qs.filter(pages=0)),
    "iterator()": lambda qs: list(qs.iterator()),
    "last()": lambda qs: qs.last(),
    "values()": lambda qs: list(qs.values()),
}


async def consumed(queryset: Any) -> Any:
    """The queryset after an async loop over it."""
    async for _ in queryset:
        pass
    return queryset


@pytest.mark.parametrize("name", CONSUMED_FREE)
def test_consumed_by_async_for(name: str, world: World) -> None:
    """A queryset that was iterated has its rows, and does not query again."""

    async def run() -> None:
        CONSUMED_FREE[name](await consumed(world.books))

    awaited(run)


@pytest.mark.parametrize("name", CONSUMED_RAISES)
def test_derived_from_consumed(name: str, world: World) -> None:
    """What makes another query of it raises all the same."""

    async def run() -> None:
        queryset = await consumed(world.books)
        with pytest.raises(SynchronousOnlyOperation):
            CONSUMED_RAISES[name](queryset)

    awaited(run)


@pytest.mark.parametrize(
    "again",
    [lambda qs: qs.first(), lambda qs: qs.contains(shop.Book(pk=1))],
    ids=["first", "contains"],
)
@pytest.mark.usefixtures("world")
def test_slices_take_nothing_more(again: Callable[[Any], object]) -> None:
    """What orders or filters once more refuses a slice, which knows no order of its own."""
    with pytest.raises(TypeError, match="once a slice has been taken"):
        again(shop.Book.objects.all()[:5])


def test_refresh_forgets_selected_keys(world: World) -> None:
    """A key that came with the row is gone after ``arefresh_from_db``."""

    async def run() -> None:
        book = await shop.Book.objects.select_related("author").aget(pk=world.book.pk)
        assert book.author.name
        await book.arefresh_from_db()
        with pytest.raises(SynchronousOnlyOperation):
            _ = book.author

    awaited(run)


def test_a_key_given_to_acreate(world: World) -> None:
    """The object keeps what it was made from."""

    async def run() -> None:
        book = await shop.Book.objects.acreate(
            title="New", author=world.author, publisher=world.publisher
        )
        assert book.author is world.author

    awaited(run)


def test_auser_does_not_load_user(world: World) -> None:
    """``request.user`` raises even after ``await request.auser()``."""
    request = lazy_request(world)

    async def run() -> None:
        assert await request.auser() == world.user
        with pytest.raises(SynchronousOnlyOperation):
            _ = request.user.is_authenticated

    awaited(run)


def test_user_loaded_by_a_query_that_gets_it(world: World) -> None:
    """An awaited query looks into ``request.user`` in its thread."""
    request = lazy_request(world)

    async def run() -> None:
        await LogEntry.objects.acreate(user=request.user, action_flag=1, object_repr="x")
        assert request.user.pk == world.user.pk

    awaited(run)


#: Arguments of the methods of a session that need some.
SESSION_ARGUMENTS: Final[dict[str, tuple[Any, ...]]] = {
    "__contains__": ("key",),
    "__delitem__": ("key",),
    "__getitem__": ("key",),
    "__setitem__": ("key", 1),
    "exists": ("key",),
    "get": ("key",),
    "has_key": ("key",),
    "pop": ("key",),
    "set_expiry": (1,),
    "setdefault": ("key", 1),
    "update": ({},),
}


@pytest.mark.parametrize(
    "name",
    [row.name for row in ROWS if row.name.startswith(f"{SESSION}.")],
    ids=lambda name: name.rpartition(".")[2],
)
def test_session_loaded_by_aget(world: World, name: str) -> None:
    """After one async look into it, a session answers from memory what is said to be answered so."""
    method = name.rpartition(".")[2]
    arguments = SESSION_ARGUMENTS.get(method, ())
    untouched, loaded = world.session(), world.session()
    loaded.set_test_cookie()

    async def run() -> None:
        with pytest.raises(SynchronousOnlyOperation):
            getattr(untouched, method)(*arguments)
        await loaded.aget("key")
        if name in ANSWERED_BY_LOADED_SESSIONS:
            getattr(loaded, method)(*arguments)
        else:
            with pytest.raises(SynchronousOnlyOperation):
                getattr(loaded, method)(*arguments)

    awaited(run)


@pytest.mark.usefixtures("world")
def test_offloading_a_method_of_a_connection() -> None:
    """It stays the event loop's connection, in the thread that has another."""

    async def run() -> None:
        with pytest.raises(DatabaseError, match="created in a thread"):
            await sync_to_async(connection.cursor)()
        await sync_to_async(connection.ensure_connection)()
        assert connection.connection is not None  # the event loop's, which nobody asked for
        connection.connection = None

    awaited(run)


def test_offloading_a_twin(world: World) -> None:
    """``sync_to_async`` of a manager's twin gives a coroutine nobody awaits; a queryset's is refused."""

    async def run() -> None:
        result: Any = await sync_to_async(shop.Book.objects.acount)()
        assert asyncio.iscoroutine(result)
        assert await result == 3
        with pytest.raises(TypeError):
            sync_to_async(world.books.acount)

    awaited(run)


def test_to_thread(world: World) -> None:
    """A query in a thread works."""

    async def run() -> None:
        def count() -> int:
            try:
                found: int = world.books.count()
                return found
            finally:
                connection.close()

        assert await asyncio.to_thread(count) == 3

    awaited(run)


def test_call_soon(world: World) -> None:
    """Callbacks of the event loop run in it."""
    failures: list[BaseException | None] = []

    async def run() -> None:
        loop = asyncio.get_running_loop()
        loop.set_exception_handler(lambda _, context: failures.append(context.get("exception")))
        loop.call_soon(world.books.count)
        await asyncio.sleep(0)

    awaited(run)
    assert [type(failure) for failure in failures] == [SynchronousOnlyOperation]


def test_done_callback(world: World) -> None:
    """So do the callbacks of a task."""
    failures: list[BaseException | None] = []

    async def run() -> None:
        asyncio.get_running_loop().set_exception_handler(
            lambda _, context: failures.append(context.get("exception"))
        )
        task = asyncio.create_task(asyncio.sleep(0))
        task.add_done_callback(lambda _: world.books.count())
        await task
        await asyncio.sleep(0)

    awaited(run)
    assert [type(failure) for failure in failures] == [SynchronousOnlyOperation]


def test_atomic_around_a_coroutine_function(world: World) -> None:
    """The decorator wraps the call, not the body: called in an event loop it raises."""

    @transaction.atomic
    async def rename() -> None:
        await world.books.aupdate(title="New")

    async def run() -> None:
        with pytest.raises(SynchronousOnlyOperation):
            await rename()

    awaited(run)


def test_atomic_around_a_coroutine_made_outside(world: World) -> None:
    """Made outside and run later, its rows survive an exception."""

    @transaction.atomic
    async def rename() -> None:
        await world.books.aupdate(title="New")
        raise LookupError

    made: Coroutine[Any, Any, None] = rename()
    with pytest.raises(LookupError):
        awaited(lambda: made)
    assert set(world.books.values_list("title", flat=True)) == {"New"}


def test_atomic_without_the_guard(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    """Without Django's guard the block is no transaction for what is awaited in it."""
    monkeypatch.setenv("DJANGO_ALLOW_ASYNC_UNSAFE", "1")

    async def run() -> None:
        try:
            with transaction.atomic():
                await world.books.aupdate(title="New")
                raise LookupError
        finally:
            connection.close()

    with pytest.raises(LookupError):
        awaited(run)
    assert set(world.books.values_list("title", flat=True)) == {"New"}


def test_signal_with_an_async_receiver(world: World) -> None:
    """``send`` cannot wait for an async receiver in an event loop."""

    async def receive(**_: object) -> None:
        pass

    signal = Signal()
    signal.connect(receive)
    with pytest.raises(RuntimeError, match="AsyncToSync"):
        in_event_loop(lambda: signal.send(None))


def test_default_of_a_cache(world: World) -> None:
    """``aget_or_set`` calls a default itself, and evaluates nothing that it gets."""

    async def run() -> None:
        with pytest.raises(SynchronousOnlyOperation):
            await cache.aget_or_set("books", world.books.count)
        kept: Any = await cache.aget_or_set("books", lambda: world.books)
        assert len(kept) == 3

    awaited(run)


def test_database_cache() -> None:
    """A cache does what its backend does: this one raises, others block."""
    of_database = DatabaseCache("cache", {})
    with pytest.raises(SynchronousOnlyOperation):
        in_event_loop(lambda: of_database.get("key"))


def test_template_swallows_the_error(world: World) -> None:
    """An ``if`` of a template takes the exception for "no"."""
    template = from_string("{% if books.count > 0 %}some{% else %}none{% endif %}")
    queryset = world.books
    assert in_event_loop(lambda: template.render({"books": queryset})) == "none"
    assert template.render({"books": queryset}) == "some"


def test_logging_swallows_the_error(world: World, capsys: pytest.CaptureFixture[str]) -> None:
    """So does logging, which formats its arguments."""
    logger = logging.Logger("apart")
    logger.addHandler(logging.StreamHandler())
    queryset = world.books
    in_event_loop(lambda: logger.error("%s", queryset))
    assert "SynchronousOnlyOperation" in capsys.readouterr().err


def test_streaming_a_sync_generator(world: World) -> None:
    """A response warns and iterates it in a thread."""

    def titles() -> Iterator[str]:
        for book in world.books:
            yield book.title

    async def run() -> int:
        response = StreamingHttpResponse(titles())
        return len([part async for part in response])

    with pytest.warns(Warning, match="synchronous iterator"):
        assert awaited(run) == 3


def responding(view: Any) -> bytes:
    """What a view sends through Django's async handler to a user who has logged in."""

    async def run() -> bytes:
        client = AsyncClient()
        await client.aforce_login(await User.objects.aget(username="reader"))
        response: Any = await client.get("/")
        content: bytes = response.content
        return content

    with override_settings(ROOT_URLCONF=(path("", view),)):
        return awaited(run)


def test_template_response(world: World) -> None:
    """Django renders a template response in a thread, lazy querysets and all."""
    template = from_string("{% for book in books %}{{ book.author }}{% endfor %}")

    async def view(request: HttpRequest) -> HttpResponse:
        return TemplateResponse(request, template, {"books": shop.Book.objects.all()})

    assert responding(view) == b"Ursula" * 3


def test_login_required_middleware(world: World) -> None:
    """It looks into the user in a thread, before the view."""

    async def view(request: HttpRequest) -> HttpResponse:
        return HttpResponse(request.user.get_username())

    with pytest.raises(SynchronousOnlyOperation):
        responding(view)
    required = "django.contrib.auth.middleware.LoginRequiredMiddleware"
    assert required in LOADING_USERS
    with override_settings(MIDDLEWARE=[*settings.MIDDLEWARE, required]):
        assert responding(view) == b"reader"


def test_login_required_mixin(world: World) -> None:
    """``dispatch`` is sync: the mixin looks the user up in the event loop."""

    class Members(LoginRequiredMixin, View):
        async def get(self, request: HttpRequest) -> HttpResponse:
            return HttpResponse("members")

    with pytest.raises(SynchronousOnlyOperation):
        responding(Members.as_view())


@pytest.mark.parametrize(
    "hashing",
    [
        lambda user: acheck_password("secret", user.password),
        lambda user: user.acheck_password("secret"),
        lambda user: aauthenticate(RequestFactory().get("/"), username="reader", password="secret"),
    ],
    ids=["hashers.acheck_password", "User.acheck_password", "aauthenticate"],
)
def test_where_passwords_are_hashed(
    hashing: Any, world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The twins hash in a thread since Django 6.0, in the event loop before."""
    threads: list[int] = []
    verify = MD5PasswordHasher.verify

    def noted(hasher: MD5PasswordHasher, password: str, encoded: str) -> bool:
        threads.append(get_ident())
        return verify(hasher, password, encoded)

    monkeypatch.setattr(MD5PasswordHasher, "verify", noted)

    assert awaited(lambda: hashing(world.user))
    assert (get_ident() in threads) == (django.VERSION < (6, 0))
