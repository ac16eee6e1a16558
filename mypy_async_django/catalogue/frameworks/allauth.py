"""django-allauth: its models and managers.

It has no types: the rows count with mypy's ``follow_untyped_imports``.
"""

from itertools import chain
from typing import Final

from mypy_async_django.catalogue.frameworks.framework import Framework
from mypy_async_django.catalogue.row import raises

_ALLAUTH: Final = "allauth.account"

FRAMEWORK: Final = Framework(
    rows=tuple(
        chain(
            raises(
                f"{_ALLAUTH}.managers.EmailAddressManager",
                "add_email get_for_user get_primary get_primary_email get_verified is_verified",
            ),
            raises(f"{_ALLAUTH}.models.EmailAddress", "remove set_as_primary set_verified"),
            raises(f"{_ALLAUTH}.utils", "setup_user_email"),
        )
    ),
)
