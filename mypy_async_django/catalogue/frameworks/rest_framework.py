"""Django REST framework: its views are sync, and call every hook of a project without awaiting it.

Its types are in djangorestframework-stubs. No row: ``Serializer.save`` and ``is_valid`` of a
serializer without a model, which do what the project says; ``Request.user``, which is there once a
view has begun.
"""

from collections.abc import Mapping
from itertools import chain
from typing import Final

from mypy_async_django.catalogue.decorators import HANDLERS, Harm, SyncDecorator
from mypy_async_django.catalogue.django import ASYNC_CLIENT
from mypy_async_django.catalogue.frameworks.framework import (
    Declarative,
    FieldKind,
    Framework,
    Hooks,
    Role,
)
from mypy_async_django.catalogue.row import raises

_REST: Final = "rest_framework"
#: Its views authenticate the user before their handlers run.
API_VIEW: Final = f"{_REST}.views.APIView"
REST_REQUEST: Final = f"{_REST}.request.Request"

_ROWS: Final = (
    raises(
        f"{_REST}.generics",
        "get_object_or_404",
        twin="django.shortcuts.aget_object_or_404",
        since=(5, 0),
    ),
    raises(f"{_REST}.generics.GenericAPIView", "get_object"),
    raises(f"{_REST}.generics.GenericAPIView", "paginate_queryset", when="pagination is set up"),
    raises(f"{_REST}.mixins.CreateModelMixin", "create perform_create"),
    raises(f"{_REST}.mixins.DestroyModelMixin", "destroy perform_destroy"),
    raises(f"{_REST}.mixins.ListModelMixin", "list"),
    raises(f"{_REST}.mixins.RetrieveModelMixin", "retrieve"),
    raises(f"{_REST}.mixins.UpdateModelMixin", "partial_update perform_update update"),
    raises(f"{_REST}.pagination.CursorPagination", "paginate_queryset"),
    raises(f"{_REST}.pagination.LimitOffsetPagination", "paginate_queryset"),
    raises(f"{_REST}.pagination.PageNumberPagination", "paginate_queryset"),
    raises(f"{_REST}.serializers.ModelSerializer", "create save update"),
    raises(
        f"{_REST}.serializers.ModelSerializer",
        "is_valid",
        when="a relation or a unique field is looked up",
    ),
    raises(
        f"{_REST}.test.APIClient",
        "delete get options patch post put",
        instead=ASYNC_CLIENT,
        when="the view uses the database",
    ),
)

#: Of Django REST framework's own and adrf's: with many objects these read a queryset; with one object mostly loaded values.
SERIALIZED: Final = frozenset(
    {
        f"{package}.serializers.{name}.data"
        for package, names in (
            (_REST, ("BaseSerializer", "ListSerializer", "ModelSerializer", "Serializer")),
            ("adrf", ("ModelSerializer",)),
        )
        for name in names
    }
)

_SERIALIZERS: Final = tuple(
    raises(name.removesuffix(".data"), "data", when="it is given a queryset, with many=True")
    for name in sorted(SERIALIZED)
)

_VIEWS: Final = frozenset(
    {
        *HANDLERS,
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

_UNTYPED_HOOKS: Final[Mapping[str, frozenset[str]]] = {
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

_METHODS: Final = {"data": Role.REPRESENTS, "is_valid": Role.VALIDATES, "save": Role.SAVES}
_HOOKS: Final = {
    Role.REPRESENTS: ("to_representation",),
    Role.VALIDATES: ("validate", "validate_*"),
    Role.SAVES: ("create", "update"),
}

SERIALIZER: Final = Declarative(_METHODS, _HOOKS)
MODEL_SERIALIZER: Final = Declarative(_METHODS, _HOOKS, from_model=True)

_ACTIONS: Final = frozenset({"create", "destroy", "list", "partial_update", "retrieve", "update"})

FRAMEWORK: Final = Framework(
    rows=tuple(chain.from_iterable((*_ROWS, *_SERIALIZERS))),
    sync_decorators=(
        SyncDecorator(f"{_REST}.decorators.api_view", Harm.RETURNED_TO_VIEW, is_typed=True),
    ),
    hooks={
        API_VIEW: Hooks("dispatch", frozenset(HANDLERS)),
        f"{_REST}.viewsets.ViewSetMixin": Hooks("dispatch", _ACTIONS),
    },
    untyped_hooks=_UNTYPED_HOOKS,
    declarative={
        f"{_REST}.serializers.BaseSerializer": SERIALIZER,
        f"{_REST}.serializers.HyperlinkedModelSerializer": MODEL_SERIALIZER,
        f"{_REST}.serializers.ModelSerializer": MODEL_SERIALIZER,
        f"{_REST}.serializers.Serializer": SERIALIZER,
    },
    fields={
        f"{_REST}.fields.SerializerMethodField": FieldKind.METHOD,
        f"{_REST}.relations.HyperlinkedRelatedField": FieldKind.KEY,
        f"{_REST}.relations.PrimaryKeyRelatedField": FieldKind.KEY,
        f"{_REST}.relations.SlugRelatedField": FieldKind.SLUG,
        f"{_REST}.relations.StringRelatedField": FieldKind.TEXT,
    },
)
