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

#: By class: hooks that it calls if a subclass defines them.
HOOKS: Final[Mapping[str, frozenset[str]]] = {
    "django.utils.deprecation.MiddlewareMixin": frozenset({"process_request", "process_response"}),
}

_VIEWS: Final = frozenset(
    {
        "check_object_permissions",
        "check_permissions",
        "check_throttles",
        "filter_queryset",
        "get_authenticators",
        "get_object",
        "get_permissions",
        "get_queryset",
        "get_serializer",
        "get_serializer_class",
        "get_serializer_context",
        "initial",
        "paginate_queryset",
        "perform_create",
        "perform_destroy",
        "perform_update",
    }
)

#: The same for packages that are often untyped, by the module that a base class is imported from:
#: mypy does not know the class then, and reports no override.
UNTYPED_HOOKS: Final[Mapping[str, frozenset[str]]] = {
    "rest_framework.authentication": frozenset(
        {"authenticate", "authenticate_credentials", "authenticate_header"}
    ),
    "rest_framework.filters": frozenset({"filter_queryset"}),
    "rest_framework.generics": _VIEWS,
    "rest_framework.mixins": _VIEWS,
    "rest_framework.pagination": frozenset({"get_paginated_response", "paginate_queryset"}),
    "rest_framework.permissions": frozenset({"has_object_permission", "has_permission"}),
    "rest_framework.serializers": frozenset(
        {"create", "save", "to_internal_value", "to_representation", "update", "validate"}
    ),
    "rest_framework.throttling": frozenset({"allow_request", "get_cache_key", "wait"}),
    "rest_framework.views": _VIEWS,
    "rest_framework.viewsets": _VIEWS,
}

#: Packages that await the hooks of another package, with the prefix of that package's classes.
AWAITING: Final[Mapping[str, str]] = {"adrf": "rest_framework."}

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
