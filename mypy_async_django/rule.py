"""What a rule is: a module that has an error code, a page (its docstring) and `findings`."""

from collections.abc import Callable, Iterator
from typing import NamedTuple

from mypy.errorcodes import ErrorCode

from mypy_async_django.finding import Finding
from mypy_async_django.index.syntax.body import Body


class Rule(NamedTuple):
    """One error code with what finds it.

    ``findings`` takes a function's body and yields what is wrong in it. It is asked for coroutines,
    and for sync functions and modules too where ``everywhere`` says so.
    """

    code: ErrorCode
    page: str
    findings: Callable[[Body], Iterator[Finding]]
    everywhere: bool = False
