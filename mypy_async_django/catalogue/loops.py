"""Rows for what runs an event loop, which fails inside a running one (run on asyncio and anyio).

Not here: trio, which runs inside asyncio and blocks it; ``start_blocking_portal``, which has a
thread of its own.
"""

from typing import Final

from mypy_async_django.catalogue.row import Api, Effect

#: What the objects do that ``async_to_sync`` makes, which type stubs call functions.
MADE_SYNC: Final = "asgiref.sync.AsyncToSync.__call__"

#: Run the coroutine functions among a signal's receivers with ``async_to_sync``.
SENDERS: Final = frozenset(
    {"django.dispatch.dispatcher.Signal.send", "django.dispatch.dispatcher.Signal.send_robust"}
)

#: Methods of an event loop, which the code has from somewhere; the others make their own.
OF_A_LOOP: Final = (".run_forever", ".run_until_complete")

ROWS: Final = tuple(
    Api(name, Effect.NESTS)
    for name in (
        "anyio._core._eventloop.run",
        MADE_SYNC,
        "asyncio.base_events.BaseEventLoop.run_forever",
        "asyncio.base_events.BaseEventLoop.run_until_complete",
        "asyncio.events.AbstractEventLoop.run_forever",
        "asyncio.events.AbstractEventLoop.run_until_complete",
        "asyncio.runners.Runner.run",
        "asyncio.runners.run",
    )
)
