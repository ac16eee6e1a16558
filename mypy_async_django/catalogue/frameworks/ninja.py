"""django-ninja: endpoints are functions that get the request as Django's handler made it."""

from typing import Final

from mypy_async_django.catalogue.frameworks.framework import Framework

_OPERATIONS: Final = ("api_operation", "delete", "get", "patch", "post", "put")

FRAMEWORK: Final = Framework(
    endpoints=frozenset(
        f"{owner}.{name}"
        for owner in ("ninja.main.NinjaAPI", "ninja.router.Router")
        for name in _OPERATIONS
    ),
)
