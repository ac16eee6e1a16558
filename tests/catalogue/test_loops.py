"""What the catalogue says of bridges and event loops is what happens."""

import asyncio
import gc
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from asgiref.sync import AsyncToSync, async_to_sync, sync_to_async
from django.dispatch import Signal


async def load() -> int:
    """Anything async."""
    return 1


def plain() -> int:
    """Anything sync."""
    return 1


def in_runner() -> int:
    """Run a coroutine with a Runner."""
    with asyncio.Runner() as runner:
        return runner.run(load())


RUNS: dict[str, Callable[[], object]] = {
    "async_to_sync": lambda: async_to_sync(load)(),
    "force_new_loop": lambda: async_to_sync(force_new_loop=True)(load)(),
    "AsyncToSync": lambda: AsyncToSync(load)(),
    "asyncio.run": lambda: asyncio.run(load()),
    "Runner.run": in_runner,
    "run_until_complete": lambda: asyncio.get_running_loop().run_until_complete(load()),
    "of a new loop": lambda: asyncio.new_event_loop().run_until_complete(load()),
    "run_forever": lambda: asyncio.new_event_loop().run_forever(),
}

# What fails on purpose leaves coroutines and event loops behind.
pytestmark = [
    pytest.mark.filterwarnings("ignore:coroutine .* was never awaited"),
    pytest.mark.filterwarnings("ignore:unclosed event loop"),
]


@pytest.fixture(autouse=True)
def nothing_left_behind() -> Iterator[None]:
    """Warnings come when the garbage does, not in other tests."""
    yield
    gc.collect(1)


@pytest.mark.parametrize("run", RUNS.values(), ids=RUNS)
def test_no_loop_inside_a_loop(run: Callable[[], object]) -> None:
    """Not even a new one."""

    async def caller() -> None:
        run()

    with pytest.raises(RuntimeError):
        asyncio.run(caller())


def test_loop_in_a_thread() -> None:
    """That is the way out."""

    async def caller() -> object:
        return await sync_to_async(lambda: async_to_sync(load)())()

    assert asyncio.run(caller()) == 1


@pytest.mark.parametrize("send", [Signal.send, Signal.send_robust], ids=["send", "send_robust"])
def test_sending_to_a_coroutine_function(send: Callable[..., object]) -> None:
    """The receivers are called with async_to_sync; those of another sender are not."""

    async def receiver(**arguments: Any) -> None: ...

    async def caller(signal: Signal) -> None:
        send(signal, sender=None)

    connected, other = Signal(), Signal()
    connected.connect(receiver)
    other.connect(receiver, sender=int)
    with pytest.raises(RuntimeError):
        asyncio.run(caller(connected))
    asyncio.run(caller(other))


@pytest.mark.parametrize("given", [load, sync_to_async(plain), 1], ids=["def", "made", "int"])
def test_sync_to_async_takes_sync_functions(given: Any) -> None:
    """Neither coroutine functions nor values."""
    with pytest.raises(TypeError, match="can only be applied to sync functions"):
        sync_to_async(given)


def test_sync_to_async_without_the_call() -> None:
    """It is a function."""

    async def caller() -> None:
        await sync_to_async(plain)  # type: ignore[misc]

    with pytest.raises(TypeError):
        asyncio.run(caller())


@pytest.mark.filterwarnings("ignore:async_to_sync was passed a non-async-marked callable")
def test_async_to_sync_takes_what_gives_an_awaitable() -> None:
    """A sync function is called, and its result awaited."""
    assert async_to_sync(lambda: load())() == 1
    with pytest.raises(TypeError):
        async_to_sync(plain)()  # type: ignore[arg-type]
