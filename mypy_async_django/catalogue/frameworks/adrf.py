"""adrf: async views and serializers for Django REST framework, whose hooks it awaits.

It has no types: the rows count with mypy's ``follow_untyped_imports``.
"""

from itertools import chain
from typing import Final

from mypy_async_django.catalogue.frameworks import rest_framework
from mypy_async_django.catalogue.frameworks.framework import Framework
from mypy_async_django.catalogue.row import raises

_ADRF: Final = "adrf"

FRAMEWORK: Final = Framework(
    rows=tuple(
        chain(
            raises(f"{_ADRF}.generics.GenericAPIView", "get_object paginate_queryset", twin="a*"),
            raises(f"{_ADRF}.serializers.ModelSerializer", "create save update", twin="a*"),
        )
    ),
    # What has no "a" before its name is Django REST framework's own.
    declarative={
        f"{_ADRF}.serializers.ModelSerializer": rest_framework.MODEL_SERIALIZER,
        f"{_ADRF}.serializers.Serializer": rest_framework.SERIALIZER,
    },
    awaits={_ADRF: "rest_framework."},
)
