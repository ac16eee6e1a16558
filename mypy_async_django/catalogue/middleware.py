"""Middleware that views cannot do without knowing."""

from typing import Final

#: Looks into the user of each request, in a thread, before any view runs: it is loaded then, and so
#: is the session. By the paths that a project writes into its ``MIDDLEWARE``.
LOADING_USERS: Final = frozenset(
    {
        "auditlog.middleware.AuditlogMiddleware",
        "django.contrib.auth.middleware.LoginRequiredMiddleware",
        "django_structlog.middlewares.RequestMiddleware",
    }
)
