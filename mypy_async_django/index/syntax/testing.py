"""Which bodies belong to tests, by the conventions of unittest and pytest."""

import re
from typing import Final

from mypy.nodes import FuncDef

from mypy_async_django.index.syntax.body import Body

_TEST_CASE: Final = "unittest.case.TestCase"
#: A part of a module's name that tells that it holds tests: ``tests``, ``test_x``, ``x_test``.
_TEST_MODULE: Final = re.compile(r"tests?|tests?_.*|.*_tests?")


def is_test(body: Body) -> bool:
    """Whether a body is a method of a ``TestCase``, a test function, or nested in one.

    A test function is called ``test...``, stands in a module or package of tests, and if it is a
    method, in a class called ``Test...``.
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
    module = body.module.tree.fullname if body.module is not None else ""
    return function.name.startswith("test") and any(map(_TEST_MODULE.fullmatch, module.split(".")))
