"""django-ratelimit: its decorator is a sync function around the view."""

from typing import Final

from mypy_async_django.catalogue.decorators import Harm, SyncDecorator
from mypy_async_django.catalogue.frameworks.framework import Framework

FRAMEWORK: Final = Framework(
    sync_decorators=(SyncDecorator("django_ratelimit.decorators.ratelimit", Harm.HIDES_COROUTINE),),
)
