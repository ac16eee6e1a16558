"""The addresses of the project's pages."""

from typing import Final

DOCUMENTATION: Final = "https://mypy-async-django.readthedocs.io/en/latest"
ISSUES: Final = "https://github.com/mypy-async-django/mypy-async-django/issues"


def page_of(code: str) -> str:
    """The address of an error code's page."""
    return f"{DOCUMENTATION}/rules/{code}/"
