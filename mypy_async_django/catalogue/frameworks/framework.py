"""What the catalogue knows of one framework."""

from typing import NamedTuple

from mypy_async_django.catalogue.row import Api


class Framework(NamedTuple):
    """The facts about one framework, by full names.

    ``rows`` are its own functions and methods. ``endpoints`` are decorators, most often methods of
    a router, that make a view of a function: Django hands it the request, and nothing has looked
    into that before.
    """

    rows: tuple[Api, ...] = ()
    endpoints: frozenset[str] = frozenset()
