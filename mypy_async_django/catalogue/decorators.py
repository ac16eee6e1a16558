"""Decorators that do not support async functions, or not on a view's sync ``dispatch``.

Each was run on Django 4.2 to 6.1. All of Django's view decorators support async views since 5.1.
"""

from collections.abc import Mapping
from enum import Enum, auto
from itertools import chain
from typing import Final, NamedTuple

from mypy_async_django.catalogue.row import NEVER, Version


class Harm(Enum):
    """What a decorator or mixin does wrong with a coroutine function."""

    KEEPS_COROUTINE = auto()
    """Awaiting it a second time raises RuntimeError."""
    CANNOT_ITERATE = auto()
    """Raises TypeError."""
    TAKEN_FOR_SYNC = auto()
    """Before the Django version that is the row's ``since``."""
    ENDS_ITS_BLOCK = auto()
    EXPECTS_RESPONSE = auto()
    """Raises AttributeError."""
    LOADS_USER = auto()
    """Raises SynchronousOnlyOperation for users who are logged in."""
    ANSWERS_SYNC = auto()
    """Where Django awaits: raises TypeError for requests that are refused."""
    HIDES_COROUTINE = auto()
    WRAPS_IN_SYNC = auto()
    """Of a view: Django calls it as a sync view, which raises ValueError."""
    RETURNED_TO_VIEW = auto()
    """Raises AssertionError."""
    RETURNED_TO_DJANGO = auto()
    """As the response, which raises ValueError."""
    RETURNED_TO_WORKER = auto()
    """The task's body never runs."""


class SyncDecorator(NamedTuple):
    """A decorator by its full name, and what it does wrong with a coroutine function.

    ``since`` is the first Django version that supports coroutine functions. ``is_typed`` means that
    mypy itself reports the decorator on annotated functions.
    """

    name: str
    harm: Harm
    since: Version = NEVER
    is_typed: bool = False


def _keeping(names: str) -> tuple[SyncDecorator, ...]:
    return tuple(SyncDecorator(name, Harm.KEEPS_COROUTINE) for name in names.split())


def _for_views(module: str, names: str, since: Version) -> tuple[SyncDecorator, ...]:
    return tuple(
        SyncDecorator(f"{module}.{name}", Harm.TAKEN_FOR_SYNC, since) for name in names.split()
    )


#: Base class of context managers that are decorators too.
CONTEXT_DECORATOR: Final = "contextlib.ContextDecorator"

#: Decorators of packages without types: the decorated name, called, runs the function here.
KEEPING: Final = (
    "backoff.on_exception",
    "backoff.on_predicate",
    "tenacity.retry",
)

_CACHETOOLS: Final = ("fifo", "lfu", "lru", "rr", "ttl")
_VIEWS: Final = "django.views.decorators"

#: Rows by full name; a context manager used as a decorator is listed by its class.
SYNC_DECORATORS: Final[Mapping[str, SyncDecorator]] = {
    row.name: row
    for row in chain(
        _keeping("functools.cache functools.cached_property functools.lru_cache"),
        _keeping("django.utils.functional.cached_property"),
        _keeping("cachetools.cached cachetools.cachedmethod"),
        _keeping(" ".join(f"cachetools.func.{name}_cache" for name in _CACHETOOLS)),
        (SyncDecorator("contextlib.contextmanager", Harm.CANNOT_ITERATE, is_typed=True),),
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

#: What some decorators do with the sync ``dispatch`` of a view whose handlers are async.
ON_DISPATCH: Final[Mapping[str, Harm]] = {
    **{
        f"{_VIEWS}.{name}": Harm.EXPECTS_RESPONSE
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
    "django.contrib.admin.views.decorators.staff_member_required": Harm.LOADS_USER,
    "django.contrib.auth.decorators.login_required": Harm.LOADS_USER,
    "django.contrib.auth.decorators.permission_required": Harm.LOADS_USER,
    "django.contrib.auth.decorators.user_passes_test": Harm.ANSWERS_SYNC,
}

_AUTH: Final = "django.contrib.auth"


class AccessMixin(NamedTuple):
    """A mixin whose sync ``dispatch`` checks access, and what that does wrong in an async view.

    ``decorator`` does the same and supports async handlers. A view that defines the names in
    ``unless`` is not harmed.
    """

    harm: Harm
    decorator: str
    unless: frozenset[str] = frozenset()


ACCESS_MIXINS: Final[Mapping[str, AccessMixin]] = {
    f"{_AUTH}.mixins.LoginRequiredMixin": AccessMixin(
        Harm.LOADS_USER, f"{_AUTH}.decorators.login_required"
    ),
    f"{_AUTH}.mixins.PermissionRequiredMixin": AccessMixin(
        Harm.LOADS_USER, f"{_AUTH}.decorators.permission_required", frozenset({"has_permission"})
    ),
    f"{_AUTH}.mixins.UserPassesTestMixin": AccessMixin(
        Harm.ANSWERS_SYNC,
        f"{_AUTH}.decorators.user_passes_test",
        frozenset({"get_test_func", "handle_no_permission", "raise_exception"}),
    ),
}

#: The methods of a view that run before its handlers.
BEFORE_HANDLERS: Final = ("dispatch", "setup")

#: The handler methods of a view; Django does not count ``options``.
HANDLERS: Final = ("get", "post", "put", "patch", "delete", "head", "trace")
