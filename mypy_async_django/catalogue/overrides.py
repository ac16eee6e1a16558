"""Hooks that a framework calls without awaiting, and hooks that it awaits."""

from collections.abc import Mapping
from typing import Final

from mypy_async_django.catalogue.row import NEVER, Version

FORM: Final = "django.forms.forms.BaseForm"
LIBRARY: Final = "django.template.library.Library"

#: Methods of a view with async handlers whose return value Django awaits.
AWAITED_HANDLERS: Final = frozenset(
    {"delete", "dispatch", "get", "head", "options", "patch", "post", "put", "trace"}
)

TEST_CASE: Final = "unittest.case.TestCase"
ASYNC_TEST_CASE: Final = "unittest.async_case.IsolatedAsyncioTestCase"
#: A test class that awaits async tests, or makes them sync, overrides one of these.
RUNNERS_OF_TESTS: Final = (
    "__call__",
    "__getattribute__",
    "__init__",
    "__init_subclass__",
    "_callTestMethod",
    "run",
)

MIDDLEWARE: Final = "django.utils.deprecation.MiddlewareMixin"

#: By class: hooks that it calls if a subclass defines them.
HOOKS: Final[Mapping[str, frozenset[str]]] = {
    MIDDLEWARE: frozenset({"process_request", "process_response"}),
}

#: Hooks of a middleware that Django awaits if they are async functions, and only then.
ADAPTED_HOOKS: Final = frozenset({"process_exception", "process_template_response", "process_view"})

#: How handlers of events are called that a dispatcher finds by their names.
EVENT_HANDLERS: Final = ("on_", "_on_", "handle_", "_handle_")

#: Hooks whose truth value decides about access.
PERMISSIONS: Final = frozenset(
    {"allow_request", "has_object_permission", "has_permission", "is_valid", "test_func"}
)

#: Decorators that register a function with Django, with the first version that awaits it.
DECORATORS: Final[Mapping[str, Version]] = {
    "django.contrib.admin.decorators.action": NEVER,
    "django.contrib.admin.decorators.display": NEVER,
    "django.dispatch.dispatcher.receiver": (5, 0),
}

#: The same for methods of a template library.
LIBRARY_DECORATORS: Final = frozenset(
    {"filter", "inclusion_tag", "simple_block_tag", "simple_tag", "tag"}
)

#: Classes with an async method beside the sync one, and the first version that awaits it.
TWINS: Final[Mapping[str, Version]] = {"django.contrib.auth.backends.BaseBackend": (5, 2)}
