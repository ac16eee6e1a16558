"""What a rule is: a module that has an error code, a page (its docstring) and `findings`."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Final

from mypy.errorcodes import ErrorCode

from mypy_async_django.finding import Finding
from mypy_async_django.index.body import Body

CATEGORY: Final = "Async Django"


@dataclass(frozen=True, slots=True)
class Rule:
    """One error code with what finds it.

    ``findings`` takes a function's body and gives what is wrong in it. It is asked for coroutines,
    and for sync functions and modules too where ``everywhere`` says so.
    """

    code: ErrorCode
    page: str
    findings: Callable[[Body], Iterator[Finding]]
    everywhere: bool = False


def code(
    name: str, description: str, *, parent: ErrorCode | None = None, default: bool = True
) -> ErrorCode:
    """A new mypy error code; switching ``parent`` off switches it off too."""
    return ErrorCode(name, description, CATEGORY, default_enabled=default, sub_code_of=parent)


#: The families: switching one of these off silences its sub-codes too.
ASYNC_UNSAFE: Final = code("async-unsafe", "Sync-only Django call in a coroutine")
ASYNC_BLOCKING: Final = code("async-blocking", "Blocking call in a coroutine")
ASYNC_RACE: Final = code("async-race", "Lost update of shared state around an await")
ASYNC_BUSY_WAIT: Final = code("async-busy-wait", "Sleeping in a loop until a flag changes")
BRIDGE_MISUSE: Final = code("bridge-misuse", "Bridge between sync and async used the wrong way")
