"""mypy's error codes for our rules: made here, and known to mypy before any rule is loaded."""

from collections.abc import Iterable
from typing import Final

from mypy.errorcodes import ErrorCode, error_codes

CATEGORY: Final = "Async Django"


def code(
    name: str, description: str, *, parent: ErrorCode | None = None, default: bool = True
) -> ErrorCode:
    """A new mypy error code; switching ``parent`` off switches it off too."""
    return ErrorCode(name, description, CATEGORY, default_enabled=default, sub_code_of=parent)


def announce(modules: Iterable[str]) -> list[str]:
    """Tell mypy the codes of rules, by their modules' names, so that its configuration may name them.

    Returns the codes.

    mypy reads its configuration before it needs a rule, and often needs none.
    """
    names = [module.replace("_", "-") for module in modules]
    for name in names:
        if name not in error_codes:
            code(name, "")
    return names


#: The families: switching one of these off silences its sub-codes too.
ASYNC_UNSAFE: Final = code("async-unsafe", "Sync-only Django call in an async function")
ASYNC_BLOCKING: Final = code("async-blocking", "Blocking call in an async function")
ASYNC_RACE: Final = code("async-race", "Shared state read before an await and written after it")
ASYNC_BUSY_WAIT: Final = code("async-busy-wait", "Sleeping in a loop until a flag changes")
BRIDGE_MISUSE: Final = code("bridge-misuse", "Bridge between sync and async code used incorrectly")
