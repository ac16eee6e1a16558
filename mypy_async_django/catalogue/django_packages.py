"""Rows for packages on top of Django, as far as mypy knows their types.

Django REST framework has its types in djangorestframework-stubs; adrf and django-allauth have none,
their rows count with mypy's ``follow_untyped_imports``.

No row: ``Serializer.save`` and ``is_valid`` of a serializer without a model, which do what the
project says; ``Request.user``, which is there once a view has begun; channels, whose sync consumers
run in threads; django-ninja and strawberry-django, of which a project calls nothing that queries:
they call its functions, sync ones of strawberry-django in a thread.
"""

from itertools import chain
from typing import Final

from mypy_async_django.catalogue.django import ASYNC_CLIENT
from mypy_async_django.catalogue.row import Api, raises

_ADRF: Final = "adrf"
_ALLAUTH: Final = "allauth.account"
_REST: Final = "rest_framework"
#: Its views authenticate the user before their handlers run.
API_VIEW: Final = f"{_REST}.views.APIView"
REST_REQUEST: Final = f"{_REST}.request.Request"

_REST_FRAMEWORK: Final = (
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

#: With many objects these read a queryset; with one object mostly loaded values.
SERIALIZED: Final = frozenset(
    {
        f"{_REST}.serializers.{name}.data"
        for name in ("BaseSerializer", "ListSerializer", "Serializer")
    }
)

_SERIALIZERS: Final = tuple(
    raises(name.removesuffix(".data"), "data", when="it is given a queryset, with many=True")
    for name in sorted(SERIALIZED)
)

_ASYNC_REST_FRAMEWORK: Final = (
    raises(f"{_ADRF}.generics.GenericAPIView", "get_object paginate_queryset", twin="a*"),
    raises(f"{_ADRF}.serializers.ModelSerializer", "create save update", twin="a*"),
)

_ACCOUNTS: Final = (
    raises(
        f"{_ALLAUTH}.managers.EmailAddressManager",
        "add_email get_for_user get_primary get_primary_email get_verified is_verified",
    ),
    raises(f"{_ALLAUTH}.models.EmailAddress", "remove set_as_primary set_verified"),
    raises(f"{_ALLAUTH}.utils", "setup_user_email"),
)

ROWS: Final[tuple[Api, ...]] = tuple(
    chain.from_iterable((*_REST_FRAMEWORK, *_SERIALIZERS, *_ASYNC_REST_FRAMEWORK, *_ACCOUNTS))
)
