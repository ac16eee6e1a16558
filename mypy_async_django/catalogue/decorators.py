"""Decorators that do not support async functions, or not on a view's sync ``dispatch``.

Each was run on Django 4.2 to 6.1. All of Django's view decorators support async views since 5.1.
"""

from collections.abc import Mapping
from itertools import chain
from typing import Final, NamedTuple

from mypy_async_django.catalogue.row import NEVER, Version


class SyncDecorator(NamedTuple):
    """A decorator by its full name.

    ``what`` says what it does with an async function, ``instead`` how to fix it. ``since`` is the first
    Django version that supports it. ``is_typed``: mypy itself reports it on annotated functions.
    """

    name: str
    what: str
    instead: str
    since: Version = NEVER
    is_typed: bool = False


def _keeping(names: str) -> tuple[SyncDecorator, ...]:
    what = "keeps its coroutine, and awaiting that a second time raises RuntimeError"
    instead = 'Keep the result, not the coroutine: in "cache.aset(...)", or in an attribute'
    return tuple(SyncDecorator(name, what, instead) for name in names.split())


def _for_views(module: str, names: str, since: Version) -> tuple[SyncDecorator, ...]:
    version = ".".join(map(str, since))
    what = f"takes it for a sync view before Django {version}"
    instead = "Make it a sync view, or do without the decorator"
    return tuple(SyncDecorator(f"{module}.{name}", what, instead, since) for name in names.split())


_VIEWS: Final = "django.views.decorators"

#: Rows by full name; a context manager used as a decorator is listed by its class.
SYNC_DECORATORS: Final[Mapping[str, SyncDecorator]] = {
    row.name: row
    for row in chain(
        _keeping("functools.cache functools.cached_property functools.lru_cache"),
        _keeping("django.utils.functional.cached_property"),
        (
            SyncDecorator(
                "contextlib.contextmanager",
                'cannot iterate it: "with" raises TypeError',
                'Use "@asynccontextmanager" and "async with"',
                is_typed=True,
            ),
        ),
        _for_views(f"{_VIEWS}.cache", "cache_control cache_page never_cache", (5, 0)),
        _for_views(
            f"{_VIEWS}.clickjacking",
            "xframe_options_deny xframe_options_exempt xframe_options_sameorigin",
            (5, 0),
        ),
        _for_views(f"{_VIEWS}.common", "no_append_slash", (5, 0)),
        _for_views(
            f"{_VIEWS}.csrf",
            "csrf_exempt csrf_protect ensure_csrf_cookie requires_csrf_token",
            (5, 0),
        ),
        _for_views(f"{_VIEWS}.debug", "sensitive_post_parameters sensitive_variables", (5, 0)),
        _for_views(f"{_VIEWS}.gzip", "gzip_page", (5, 0)),
        _for_views(
            f"{_VIEWS}.http",
            "condition conditional_page etag last_modified require_GET require_POST"
            " require_http_methods require_safe",
            (5, 0),
        ),
        _for_views(f"{_VIEWS}.vary", "vary_on_cookie vary_on_headers", (5, 0)),
        _for_views(
            "django.contrib.auth.decorators",
            "login_required permission_required user_passes_test",
            (5, 1),
        ),
        _for_views("django.contrib.admin.views.decorators", "staff_member_required", (5, 1)),
    )
}

_NO_RESPONSE: Final = "gets a coroutine from it where it takes a response: raises AttributeError"
_USER: Final = (
    "loads the user on the event loop: raises SynchronousOnlyOperation for those who are logged in"
)
_REFUSED: Final = (
    "answers whom it refuses with a response where Django awaits a coroutine: raises TypeError"
)

#: The effect of some decorators on the sync ``dispatch`` of a view with async handlers.
ON_DISPATCH: Final[Mapping[str, str]] = {
    **{
        f"{_VIEWS}.{name}": _NO_RESPONSE
        for name in (
            "cache.cache_control",
            "cache.cache_page",
            "cache.never_cache",
            "clickjacking.xframe_options_deny",
            "clickjacking.xframe_options_exempt",
            "clickjacking.xframe_options_sameorigin",
            "csp.csp_override",
            "csp.csp_report_only_override",
            "csrf.ensure_csrf_cookie",
            "gzip.gzip_page",
            "http.condition",
            "http.conditional_page",
            "http.etag",
            "http.last_modified",
            "vary.vary_on_cookie",
            "vary.vary_on_headers",
        )
    },
    "django.contrib.admin.views.decorators.staff_member_required": _USER,
    "django.contrib.auth.decorators.login_required": _USER,
    "django.contrib.auth.decorators.permission_required": _USER,
    "django.contrib.auth.decorators.user_passes_test": _REFUSED,
}

_AUTH: Final = "django.contrib.auth"


class AccessMixin(NamedTuple):
    """A mixin whose sync ``dispatch`` checks access; ``what`` says what it does in an async view.

    ``decorator`` does the same check and supports async handlers. ``unless`` are attributes whose
    definition in a view makes the mixin harmless.
    """

    what: str
    decorator: str
    unless: frozenset[str] = frozenset()


ACCESS_MIXINS: Final[Mapping[str, AccessMixin]] = {
    f"{_AUTH}.mixins.LoginRequiredMixin": AccessMixin(_USER, f"{_AUTH}.decorators.login_required"),
    f"{_AUTH}.mixins.PermissionRequiredMixin": AccessMixin(
        _USER, f"{_AUTH}.decorators.permission_required", frozenset({"has_permission"})
    ),
    f"{_AUTH}.mixins.UserPassesTestMixin": AccessMixin(
        _REFUSED,
        f"{_AUTH}.decorators.user_passes_test",
        frozenset({"get_test_func", "handle_no_permission", "raise_exception"}),
    ),
}

#: The handler methods of a view; Django does not count ``options``.
HANDLERS: Final = ("get", "post", "put", "patch", "delete", "head", "trace")
