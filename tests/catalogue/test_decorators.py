"""What the catalogue says of decorators is what the installed Django does."""

import asyncio
import gc
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from importlib import import_module
from inspect import iscoroutinefunction
from typing import Any

import django
import pytest
from django.contrib.auth.models import AnonymousUser
from django.core.exceptions import ImproperlyConfigured, SynchronousOnlyOperation
from django.http import HttpRequest, HttpResponse
from django.test import AsyncRequestFactory
from django.utils.decorators import method_decorator
from django.utils.functional import SimpleLazyObject
from django.views import View
from typing_extensions import override

from mypy_async_django.catalogue.decorators import (
    ACCESS_MIXINS,
    HANDLERS,
    ON_DISPATCH,
    SYNC_DECORATORS,
    Harm,
    SyncDecorator,
)

# What fails on purpose leaves coroutines behind.
pytestmark = pytest.mark.filterwarnings("ignore:coroutine .* was never awaited")

VIEW_DECORATORS = [row for row in SYNC_DECORATORS.values() if row.since < (99, 0)]
KEEPING = [name for name, row in SYNC_DECORATORS.items() if row.harm is Harm.KEEPS_COROUTINE]
RAISED = {
    Harm.EXPECTS_RESPONSE: AttributeError,
    Harm.LOADS_USER: SynchronousOnlyOperation,
    Harm.ANSWERS_SYNC: TypeError,
}

# Those that are made by a call, and with what.
OPTIONS: dict[str, tuple[Any, ...]] = {
    "cache_control": (),
    "cache_page": (60,),
    "cached": ({},),
    "cachedmethod": (lambda shop: shop.__dict__.setdefault("kept", {}),),
    "condition": (lambda request: "tag",),
    "csp_override": ({},),
    "csp_report_only_override": ({},),
    "etag": (lambda request: "tag",),
    "last_modified": (lambda request: datetime(2020, 1, 1, tzinfo=UTC),),
    "permission_required": ("shop.add_book",),
    "require_http_methods": (["GET"],),
    "sensitive_post_parameters": (),
    "sensitive_variables": (),
    "user_passes_test": (lambda user: False,),
    "vary_on_headers": ("Accept",),
}


@pytest.fixture(autouse=True)
def nothing_left_behind() -> Iterator[None]:
    """Warnings come when the garbage does, not in other tests."""
    yield
    gc.collect(1)


def decorator_named(name: str) -> Callable[..., Any]:
    """The decorator of this full name, made if it takes options."""
    module, _, short = name.rpartition(".")
    pytest.importorskip(module)
    found = getattr(import_module(module), short)
    made: Callable[..., Any] = found(*OPTIONS[short]) if short in OPTIONS else found
    return made


async def page(request: HttpRequest) -> HttpResponse:
    """An async view."""
    return HttpResponse()


def name_of(row: SyncDecorator | str) -> str:
    """For the names of the tests."""
    return row if isinstance(row, str) else row.name


@pytest.mark.parametrize("row", VIEW_DECORATORS, ids=name_of)
def test_view_decorator_holds_coroutine_function(row: SyncDecorator) -> None:
    """Since the version that the row names."""
    supported = django.VERSION[:2] >= row.since
    assert iscoroutinefunction(decorator_named(row.name)(page)) is supported


@pytest.mark.parametrize("name", KEEPING)
def test_kept_coroutine_is_awaited_once(name: str) -> None:
    """The second time it is the same coroutine."""

    class Shop:
        @decorator_named(name)
        async def books(self) -> int:
            return 1

    async def twice() -> None:
        shop = Shop()
        for _ in range(2):
            found = shop.books
            await (found() if callable(found) else found)

    with pytest.raises(RuntimeError, match="cannot reuse already awaited coroutine"):
        asyncio.run(twice())


def test_context_manager_is_over_before_the_coroutine_runs() -> None:
    """The block only holds the making of the coroutine."""
    said = []

    @contextmanager
    def block() -> Any:
        said.append("enter")
        yield
        said.append("exit")

    @block()
    async def inside() -> None:
        said.append("body")

    asyncio.run(inside())
    assert said == ["enter", "exit", "body"]


def test_contextmanager_on_async_generator() -> None:
    """It is no generator."""

    @contextmanager
    async def opened() -> Any:
        yield 1

    with pytest.raises(TypeError), opened():
        pass


def user() -> Any:
    """Stands for a user that is looked up in the database."""
    raise SynchronousOnlyOperation


def ask(page: Any, asked_by: Callable[[], Any] | None = None) -> None:
    """Let a view answer."""
    request: Any = AsyncRequestFactory().get("/")
    request.user = SimpleLazyObject(asked_by or user)

    async def asked() -> None:
        await page.as_view()(request)

    asyncio.run(asked())


@pytest.mark.parametrize("name", ON_DISPATCH)
def test_decorator_on_dispatch_of_async_view(name: str) -> None:
    """It is put on a sync method, which gives it a coroutine."""
    if django.VERSION < (6, 0) and ".csp." in name:
        pytest.skip("new in Django 6.0")

    @method_decorator(decorator_named(name), name="dispatch")
    class Page(View):
        async def get(self, request: HttpRequest) -> HttpResponse:
            return HttpResponse()

    nobody = AnonymousUser if ON_DISPATCH[name] is Harm.ANSWERS_SYNC else None
    with pytest.raises(RAISED[ON_DISPATCH[name]]):
        ask(Page, nobody)


@pytest.mark.parametrize("name", ACCESS_MIXINS)
def test_access_mixin_before_async_handlers(name: str) -> None:
    """Its dispatch is sync."""

    class Page(View):
        async def get(self, request: HttpRequest) -> HttpResponse:
            return HttpResponse()

    refusing = {"permission_required": "shop.add_book", "test_func": lambda self: False}
    mixin: Any = decorator_named(name)
    guarded: Any = type("Guarded", (mixin, Page), refusing)
    nobody = AnonymousUser if ACCESS_MIXINS[name].harm is Harm.ANSWERS_SYNC else None
    with pytest.raises(RAISED[ACCESS_MIXINS[name].harm]):
        ask(guarded, nobody)


@pytest.mark.parametrize("name", HANDLERS)
def test_view_of_both_kinds(name: str) -> None:
    """Every handler counts."""

    class Page(View):
        async def delete(self, request: HttpRequest) -> HttpResponse:
            return HttpResponse()

    def handler(self: Any, request: HttpRequest) -> HttpResponse:
        return HttpResponse()

    other = "delete" if name != "delete" else "get"
    mixed: Any = type("Mixed", (View,), {name: handler, other: Page.delete})
    with pytest.raises(ImproperlyConfigured):
        mixed.as_view()


def test_options_do_not_make_a_view_mixed() -> None:
    """Django has a sync one for each view."""

    class Page(View):
        async def get(self, request: HttpRequest) -> HttpResponse:
            return HttpResponse()

        @override
        def options(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
            return HttpResponse()

    assert Page.view_is_async
    Page.as_view()
