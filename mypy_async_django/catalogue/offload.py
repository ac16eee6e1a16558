"""Functions that run a function off the event loop (offloaders), and functions that run coroutines."""

from typing import Final, NamedTuple


class Offloader(NamedTuple):
    """A function, method or class that runs a function argument off the event loop.

    ``argument`` is the argument's position, ``self`` not counted, ``keyword`` its name where it can
    be given by name.

    ``wraps`` says that the call only makes a coroutine function, to be called and awaited; such an
    offloader is a decorator too, and one with options: ``@sync_to_async(thread_sensitive=False)``.

    ``thread_sensitive`` says that the function runs in the one thread that Django's sync code of a
    request shares, with its database connections and its transactions; ``thread_sensitive=False``
    in the call turns it off. In any other thread a query opens a connection of its own, which
    nobody closes, except where ``closes_connections`` says so.
    """

    name: str
    argument: int = 0
    keyword: str | None = None
    wraps: bool = False
    thread_sensitive: bool = False
    closes_connections: bool = False


def _django(name: str, *, closes_connections: bool = False) -> Offloader:
    return Offloader(
        name,
        keyword="func",
        wraps=True,
        thread_sensitive=True,
        closes_connections=closes_connections,
    )


def _ending(name: str, *, argument: int = 0, keyword: str | None = None) -> Offloader:
    """The row of a process or thread for one function: its connections close when it ends."""
    return Offloader(name, argument=argument, keyword=keyword, closes_connections=True)


#: In the order of their names. Not listed: what runs a function later in the same thread
#: (``django.db.transaction.on_commit``, ``loop.call_soon``, ``Future.add_done_callback``).
OFFLOADERS: Final = (
    _ending("_thread.start_new_thread"),
    _ending("anyio.to_interpreter.run_sync", keyword="func"),
    _ending("anyio.to_process.run_sync", keyword="func"),
    Offloader("anyio.to_thread.run_sync", keyword="func"),
    _django("asgiref.sync.SyncToAsync"),
    _django("asgiref.sync.sync_to_async"),
    # asyncio's event loop classes override it.
    Offloader("asyncio.base_events.BaseEventLoop.run_in_executor", argument=1, keyword="func"),
    Offloader("asyncio.events.AbstractEventLoop.run_in_executor", argument=1, keyword="func"),
    Offloader("asyncio.threads.to_thread"),
    _django("channels.db.DatabaseSyncToAsync", closes_connections=True),
    _django("channels.db.database_sync_to_async", closes_connections=True),
    Offloader("concurrent.futures._base.Executor.map", keyword="fn"),
    Offloader("concurrent.futures._base.Executor.submit"),
    _ending("multiprocessing.context.ForkContext.Process", argument=1, keyword="target"),
    _ending("multiprocessing.context.ForkServerContext.Process", argument=1, keyword="target"),
    _ending("multiprocessing.context.Process", argument=1, keyword="target"),
    _ending("multiprocessing.context.SpawnContext.Process", argument=1, keyword="target"),
    _ending("multiprocessing.pool.Pool.apply", keyword="func"),
    _ending("multiprocessing.pool.Pool.apply_async", keyword="func"),
    _ending("multiprocessing.pool.Pool.imap", keyword="func"),
    _ending("multiprocessing.pool.Pool.imap_unordered", keyword="func"),
    _ending("multiprocessing.pool.Pool.map", keyword="func"),
    _ending("multiprocessing.pool.Pool.map_async", keyword="func"),
    _ending("multiprocessing.pool.Pool.starmap", keyword="func"),
    _ending("multiprocessing.pool.Pool.starmap_async", keyword="func"),
    Offloader("starlette.concurrency.run_in_threadpool", keyword="func"),
    _ending("threading.Thread", argument=1, keyword="target"),
    _ending("threading.Timer", argument=1, keyword="function"),
    Offloader("trio._threads.to_thread_run_sync", keyword="sync_fn"),
)

#: Names that replacements use, and what is imported for each.
IMPORTS: Final = {
    "F": "django.db.models.F",
    "async_to_sync": "asgiref.sync.async_to_sync",
    "asyncio": "asyncio",
    "sync_to_async": "asgiref.sync.sync_to_async",
}

GATHER: Final = "asyncio.tasks.gather"
WAIT: Final = "asyncio.tasks.wait"
#: The class of futures and tasks; `asyncio.ensure_future` returns one as it is.
FUTURE: Final = "_asyncio.Future"
SHIELD: Final = "asyncio.tasks.shield"

#: Start a task that only their result keeps from being garbage-collected.
TASK_STARTERS: Final = frozenset(
    {"_asyncio.Task", "asyncio.tasks.create_task", "asyncio.tasks.ensure_future"}
)

#: Event loops, whose method ``create_task`` does the same.
LOOPS: Final = frozenset({"asyncio.base_events.BaseEventLoop", "asyncio.events.AbstractEventLoop"})

#: The method of event loops that runs a function in a thread and returns a future.
RUN_IN_EXECUTOR: Final = "run_in_executor"

#: Methods of a task that store no reference to it.
TASK_METHODS: Final = frozenset({"add_done_callback", "set_name"})

#: What a function under ``@asynccontextmanager`` returns.
ASYNC_CONTEXT_MANAGER: Final = "contextlib._AsyncGeneratorContextManager"

#: Schedule coroutines at once: they run whether or not the result is awaited.
SCHEDULERS: Final = frozenset(
    {
        "_asyncio.Task",
        "asyncio.base_events.BaseEventLoop.create_task",
        "asyncio.events.AbstractEventLoop.create_task",
        "asyncio.taskgroups.TaskGroup.create_task",
        "asyncio.tasks.create_task",
        "asyncio.tasks.eager_task_factory",
        "asyncio.tasks.ensure_future",
        GATHER,
        "asyncio.tasks.run_coroutine_threadsafe",
        SHIELD,
    }
)

#: Take coroutines or tasks, and run them only when the result is awaited or iterated.
AWAITERS: Final = frozenset(
    {
        "asyncio.tasks.as_completed",
        WAIT,
        "asyncio.tasks.wait_for",
    }
)

#: Run a coroutine in a new event loop; they fail inside a running one.
RUNNERS: Final = frozenset(
    {
        "asyncio.base_events.BaseEventLoop.run_until_complete",
        "asyncio.events.AbstractEventLoop.run_until_complete",
        "asyncio.runners.Runner.run",
        "asyncio.runners.run",
    }
)

#: Convert an async function to a sync function; also used as decorators.
TO_SYNC: Final = frozenset({"asgiref.sync.AsyncToSync", "asgiref.sync.async_to_sync"})

#: Take an async function, not a coroutine, and run it.
FUNCTION_RUNNERS: Final = frozenset(
    {
        "anyio._core._eventloop.run",
        "anyio.abc._tasks.TaskGroup.start",
        "anyio.abc._tasks.TaskGroup.start_soon",
        "anyio.from_thread.BlockingPortal.call",
        "anyio.from_thread.BlockingPortal.start_task_soon",
        "anyio.from_thread.run",
        "asgiref.sync.AsyncToSync",
        "asgiref.sync.async_to_sync",
        "trio._core._run.Nursery.start",
        "trio._core._run.Nursery.start_soon",
        "trio._core._run.run",
        "trio._threads.from_thread_run",
    }
)

#: Tests for coroutine functions: code that uses them handles both kinds.
ASKING: Final = frozenset(
    {
        "asgiref.sync.iscoroutinefunction",
        "asyncio.coroutines.iscoroutinefunction",
        "inspect.isawaitable",
        "inspect.iscoroutinefunction",
    }
)
