"""Rows for functions that run an event loop, which fails inside a running one.

Each was run on asyncio and anyio. Not listed: trio, which runs inside asyncio and blocks it;
``start_blocking_portal``, which has its own thread.
"""

from typing import Final

from mypy_async_django.catalogue.row import Api, Effect

#: Calling the objects that ``async_to_sync`` returns, which type stubs declare as functions.
MADE_SYNC: Final = "asgiref.sync.AsyncToSync.__call__"

#: Methods that run a signal's async receivers with ``async_to_sync``.
SENDERS: Final = frozenset(
    {"django.dispatch.dispatcher.Signal.send", "django.dispatch.dispatcher.Signal.send_robust"}
)

#: Methods of an existing event loop; the other functions create their own loop.
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
