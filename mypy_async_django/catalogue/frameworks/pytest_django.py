"""pytest-django: fixtures by the names of a test's parameters."""

from typing import Final

from mypy_async_django.catalogue.frameworks.framework import Framework

FRAMEWORK: Final = Framework(
    loads={"pytest": "django.test.client"},
    fixtures={
        "admin_client": "django.test.client.Client",
        "async_client": "django.test.client.AsyncClient",
        "async_rf": "django.test.client.AsyncRequestFactory",
        "client": "django.test.client.Client",
        "rf": "django.test.client.RequestFactory",
    },
)
