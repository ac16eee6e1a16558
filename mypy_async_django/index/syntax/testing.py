"""Which bodies belong to tests, by the conventions of unittest and pytest."""

import re
from typing import Final

from mypy.nodes import CallExpr, FuncDef, MemberExpr, MypyFile, NameExpr

from mypy_async_django.bridge.tree import decorated
from mypy_async_django.index.syntax.body import Body

_CONFTEST: Final = "conftest"
_FIXTURE: Final = "fixture"
_TEST_CASE: Final = "unittest.case.TestCase"
#: A part of a module's name that tells that it holds tests: ``tests``, ``test_x``, ``x_test``.
_TEST_MODULE: Final = re.compile(r"tests?|tests?_.*|.*_tests?")


def is_test(body: Body) -> bool:
    """Whether a body is a method of a ``TestCase``, a test function, or nested in one.

    A test function is called ``test...``, stands in a module or package of tests, and if it is a
    method, in a class called ``Test...``. So are pytest's fixtures, and all of ``conftest``.
    """
    outermost = body.around or body
    function = outermost.function
    if not isinstance(function, FuncDef):
        return False
    if function.info:
        if function.info.has_base(_TEST_CASE):
            return True
        if not function.info.name.startswith("Test"):
            return False
    if body.module is None:
        return False
    parts = body.module.tree.fullname.split(".")
    return (
        parts[-1] == _CONFTEST
        or (function.name.startswith("test") and any(map(_TEST_MODULE.fullmatch, parts)))
        or _is_fixture(body.module.tree, function)
    )


def _is_fixture(tree: MypyFile, function: FuncDef) -> bool:
    """Whether a function is decorated with ``pytest.fixture`` or ``pytest_asyncio.fixture``."""
    above = (
        each.callee if isinstance(each, CallExpr) else each
        for node in decorated(tree, function)
        for each in node.original_decorators
    )
    return any(isinstance(each, NameExpr | MemberExpr) and each.name == _FIXTURE for each in above)
