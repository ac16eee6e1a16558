"""Middleware that changes what is loaded when a view starts."""

from typing import Final

#: Middleware that reads the user of each request in a thread before any view runs, which loads the
#: user and the session. By the paths in the ``MIDDLEWARE`` setting.
LOADING_USERS: Final = frozenset(
    {
        "auditlog.middleware.AuditlogMiddleware",
        "django.contrib.auth.middleware.LoginRequiredMiddleware",
        "django_structlog.middlewares.RequestMiddleware",
    }
)
