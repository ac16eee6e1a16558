"""Every row of the catalogue names something that django-stubs has, where django-stubs has it."""

from collections.abc import Iterator
from typing import Final

import pytest
import stubs

from mypy_async_django.catalogue.lookup import ROWS

NAMES: Final = frozenset(row.name for row in ROWS if row.name.startswith("django."))

#: Classes whose rows stand for what the stubs let them inherit, and why not the class it is from.
INHERITING: Final = {
    "django.contrib.auth.forms.AuthenticationForm": "other forms validate without a query",
    "django.contrib.auth.forms.PasswordChangeForm": "other forms validate without hashing",
    "django.contrib.sessions.backends.base.SessionBase": "the stubs make it a dict",
    "django.core.files.uploadedfile.TemporaryUploadedFile": "other uploads are in memory",
    "django.core.paginator.Page": "the stubs make it a Sequence",
    "django.db.models.fields.files.FieldFile": "other files may be in memory",
    "django.db.models.query.QuerySet": "the stubs share it with what is no query",
    "django.forms.models.BaseModelForm": "other forms validate without a query",
    "django.forms.models.BaseModelFormSet": "other formsets validate without a query",
}

#: Classes that define the name of a row of a base class anew, and need no row of their own.
OVERRIDING: Final = {
    "django.contrib.sessions.backends.signed_cookies.SessionStore": "has nothing to look up",
    "django.core.mail.backends.locmem.EmailBackend": "puts mail into a list",
    "django.db.backends.dummy.base.DatabaseWrapper": "is not a database",
    "django.db.backends.mysql.base.DatabaseWrapper": "nobody's variable is declared as one",
    "django.db.backends.oracle.base.DatabaseWrapper": "nobody's variable is declared as one",
    "django.tasks.backends.dummy.DummyBackend": "puts tasks into a list",
    "django.tasks.backends.immediate.ImmediateBackend": "nobody's variable is declared as one",
}


@pytest.mark.parametrize("name", sorted(NAMES))
def test_the_stubs_have_it(name: str) -> None:
    """The lookup by full name finds the row: no class below its owner defines the name."""
    owner = name.rpartition(".")[0]
    if owner in INHERITING and not stubs.defines(name):
        assert stubs.is_class(owner)
        return
    assert stubs.defines(name), f"django-stubs does not define {name} there: see tests/catalogue"


def redefined() -> Iterator[tuple[str, str]]:
    """Where a class of the stubs defines anew what a row says of one of its bases."""
    owners = {name.rpartition(".")[0] for name in NAMES}
    for found in stubs.classes():
        for owner in stubs.ancestors(found) & owners:
            for name in (name for name in NAMES if name.rpartition(".")[0] == owner):
                here = f"{found}.{name.rpartition('.')[2]}"
                if stubs.defines(here):
                    yield here, name


def test_overriding_methods_have_rows() -> None:
    """A subclass that defines the method anew hides the row of its base class."""
    hidden = {here: row for here, row in redefined() if here.rpartition(".")[0] not in OVERRIDING}
    missing = sorted(set(hidden) - NAMES)
    assert not missing, "\n".join(f"{name} hides the row of {hidden[name]}" for name in missing)


def test_exceptions_are_needed() -> None:
    """What is excused here still needs the excuse."""
    owners = {name.rpartition(".")[0] for name in NAMES if not stubs.defines(name)}
    assert owners == set(INHERITING)
    assert {here.rpartition(".")[0] for here, _ in redefined() if here not in NAMES} == set(
        OVERRIDING
    )
