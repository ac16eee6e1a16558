"""factory_boy: the factories of Django models store what they make."""

from itertools import chain
from typing import Final

from mypy_async_django.catalogue.frameworks.framework import Framework
from mypy_async_django.catalogue.row import raises

FRAMEWORK: Final = Framework(
    # Also by calling the class, which is its metaclass's doing.
    rows=tuple(
        chain(raises("factory.django.DjangoModelFactory", "__call__ create create_batch")),
    ),
)
