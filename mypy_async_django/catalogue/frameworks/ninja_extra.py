"""django-ninja-extra: controllers, whose methods are endpoints of django-ninja."""

from itertools import chain
from typing import Final

from mypy_async_django.catalogue.frameworks.framework import Framework
from mypy_async_django.catalogue.row import raises

_EXTRA: Final = "ninja_extra.controllers"
_OPERATIONS: Final = ("delete", "generic", "get", "patch", "post", "put")

FRAMEWORK: Final = Framework(
    rows=tuple(
        chain(
            raises(
                f"{_EXTRA}.base.ControllerBase",
                "get_object_or_exception get_object_or_none",
                twin="a*",
            ),
        )
    ),
    endpoints=frozenset(
        (
            *(f"{_EXTRA}.route.Route.{name}" for name in _OPERATIONS),
            *(f"{_EXTRA}.route.http_{name}" for name in _OPERATIONS),
        )
    ),
)
