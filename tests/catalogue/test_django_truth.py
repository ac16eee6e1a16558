"""Every row of the catalogue is run in an event loop, and so is its twin."""

import inspect
import sys
import threading
from ast import literal_eval
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from threading import get_ident
from types import FrameType

import django
import pytest
from django.core.exceptions import SynchronousOnlyOperation
from django.db import connection
from django.utils.module_loading import import_string
from recipe import Prepared
from recipes import EARLY_TWINS, FREE_ON, NEWER, RECIPES
from recipes.harmless import HARMLESS, OTHERWISE
from world import World, awaited, in_event_loop

from mypy_async_django.catalogue.lookup import ROWS
from mypy_async_django.catalogue.row import Api, Effect

pytestmark = pytest.mark.filterwarnings("ignore:savepoint.. is deprecated")

INSTALLED = django.VERSION[:2]
DJANGO_ROWS = [row for row in ROWS if row.name.startswith("django.")]


def rows(condition: Callable[[Api], object]) -> pytest.MarkDecorator:
    """Run the test for each row of which this is true."""
    chosen = [row for row in DJANGO_ROWS if condition(row)]
    return pytest.mark.parametrize("row", chosen, ids=[row.name for row in chosen])


def prepared(row: Api, world: World) -> Prepared:
    """The call of the row's recipe."""
    skip_if_newer(row)
    if row.name not in RECIPES:
        owner, _, name = row.name.rpartition(".")
        pytest.fail(
            f"the catalogue has {row.name}, tests/catalogue has no recipe for it:"
            f" add {name}=args(...) to the calls of {owner}"
        )
    return RECIPES[row.name].prepared(row.name, world)


def skip_if_newer(row: Api) -> None:
    """Leave out what the installed Django does not have yet."""
    for name, version in NEWER.items():
        if row.name.startswith(name) and version > INSTALLED:
            pytest.skip(f"{name} is new in Django {version[0]}.{version[1]}")


def exists(name: str) -> bool:
    """Tell whether the installed Django has this function or class."""
    try:
        import_string(name)
    except ImportError:
        return False
    return True


@pytest.fixture(autouse=True)
def _guard_is_on(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("DJANGO_ALLOW_ASYNC_UNSAFE", raising=False)


@rows(lambda row: row.effect is Effect.RAISES)
def test_raises(row: Api, world: World) -> None:
    """What the catalogue says raises does so in a coroutine, and works outside."""
    call = prepared(row, world)
    if row.name in FREE_ON.get(connection.vendor, ()):
        assert row.when
        in_event_loop(call.make)
    else:
        with pytest.raises(SynchronousOnlyOperation):
            in_event_loop(call.make)
    prepared(row, world).make()


@contextmanager
def watched_threads() -> Iterator[set[int]]:
    """The threads in which code of Django runs meanwhile."""
    package = str(Path(django.__file__).parent)
    threads: set[int] = set()

    def watch(frame: FrameType, event: str, argument: object) -> None:
        if frame.f_code.co_filename.startswith(package):
            threads.add(get_ident())

    before = sys.getprofile()
    for install in (sys.setprofile, threading.setprofile):
        install(watch)
    try:
        yield threads
    finally:
        sys.setprofile(before)
        threading.setprofile(before)


@rows(lambda row: row.effect is not Effect.RAISES)
def test_blocks(row: Api, world: World) -> None:
    """What the catalogue says blocks comes to its end in the event loop, and in its thread."""
    call = prepared(row, world)
    with watched_threads() as threads:
        result = in_event_loop(call.make)
    assert not inspect.isawaitable(result)
    assert threads == {get_ident()}


@rows(lambda row: row.twin)
def test_twin(row: Api, world: World) -> None:
    """The twin is there from the version on that the catalogue says, and does its work."""
    call = prepared(row, world)
    assert row.twin is not None
    twin = call.twin(row.twin)
    if row.since > INSTALLED:
        assert twin is None or row.name in EARLY_TWINS, f"{row.name}: {row.twin} is here already"
        return
    assert twin is not None, f"{row.name}: Django {INSTALLED} has no {row.twin}"

    async def awaiting() -> object:
        assert twin is not None
        if row.twin == "__aiter__":
            return [item async for item in call.receiver]
        made = twin(*call.arguments.positional, **call.arguments.named)
        assert inspect.isawaitable(made)
        return await made

    awaited(awaiting)


@rows(lambda row: row.twin and row.name.startswith(tuple(NEWER)))
def test_twin_of_what_is_newer(row: Api) -> None:
    """It did not come before the function itself."""
    assert row.since >= max(since for name, since in NEWER.items() if row.name.startswith(name))


@rows(lambda row: row.instead and row.instead.startswith("django."))
def test_instead(row: Api) -> None:
    """What there is to use instead exists from the version on that the catalogue says."""
    assert row.instead is not None
    assert exists(row.instead) == (row.since <= INSTALLED)


@rows(lambda row: row.unless)
def test_unless(row: Api, world: World) -> None:
    """Each argument that the catalogue calls harmless is, by name and by position."""
    for argument in (row.unless or "").split():
        wanted, _, value = argument.partition("=")
        call = prepared(row, world)
        if wanted.isdecimal():
            assert len(call.arguments.positional) == int(wanted), f"{row.name}: {argument}"
            in_event_loop(partial(call.make, literal_eval(value)))
        else:
            in_event_loop(partial(call.make, **{wanted: literal_eval(value)}))


@rows(lambda row: row.when)
def test_when(row: Api, world: World) -> None:
    """Where the catalogue names a condition, the call is harmless without it."""
    if row.name not in OTHERWISE:
        pytest.fail(
            f"{row.name} raises when {row.when}: add a recipe to OTHERWISE in"
            " tests/catalogue/recipes/harmless.py in which it does not"
        )
    in_event_loop(OTHERWISE[row.name].prepared(row.name, world).make)


@pytest.mark.parametrize("name", HARMLESS)
def test_harmless(name: str, world: World) -> None:
    """What has no row, since it is lazy or has nothing to wait for, does not raise."""
    in_event_loop(HARMLESS[name](world))


def test_every_recipe_has_a_row() -> None:
    """A row that went takes its recipe along."""
    names = {row.name for row in DJANGO_ROWS}
    assert not {*RECIPES, *OTHERWISE, *EARLY_TWINS} - names
