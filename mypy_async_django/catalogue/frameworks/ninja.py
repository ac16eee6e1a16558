"""django-ninja: endpoints are functions that get the request as Django's handler made it."""

from typing import Final

from mypy_async_django.catalogue.decorators import Harm, SyncDecorator
from mypy_async_django.catalogue.frameworks.framework import Declarative, Framework, Role

_METHODS: Final = {"from_orm": Role.REPRESENTS, "model_validate": Role.REPRESENTS}

_OPERATIONS: Final = ("api_operation", "delete", "get", "patch", "post", "put")

FRAMEWORK: Final = Framework(
    endpoints=frozenset(
        f"{owner}.{name}"
        for owner in ("ninja.main.NinjaAPI", "ninja.router.Router")
        for name in _OPERATIONS
    ),
    declarative={
        "ninja.orm.metaclass.ModelSchema": Declarative(
            _METHODS, by_annotation=True, from_model=True
        ),
        "ninja.schema.Schema": Declarative(_METHODS, by_annotation=True),
    },
    responses="response",
    sync_decorators=(
        SyncDecorator("ninja.main.NinjaAPI.exception_handler", Harm.RETURNED_TO_DJANGO),
    ),
)
