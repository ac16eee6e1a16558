"""The versions of mypy, Django and django-stubs that the plugin works with, and what it says of others."""

import re
from typing import Final

Version = tuple[int, int]

#: The oldest releases that work: mypy's because of the hook that tells when a module is checked.
OLDEST_MYPY: Final = (2, 4)
OLDEST_DJANGO: Final = (4, 2)
OLDEST_STUBS: Final = (6, 1)
#: The newest mypy that the tests have seen.
TESTED_MYPY: Final = (2, 4)


def version_of(text: str) -> Version | None:
    """Major and minor of a version, also of one that is not final; None if it has none."""
    found = re.match(r"(\d+)\.(\d+)", text)
    return (int(found[1]), int(found[2])) if found else None


def written(version: Version) -> str:
    """A version as people write it."""
    return ".".join(map(str, version))


def too_old(package: str, found: str, oldest: Version) -> str | None:
    """The message about a package that is too old; None if it is not, or if that is unknown."""
    version = version_of(found)
    if version is None or version >= oldest:
        return None
    return f"mypy-async-django needs {package} {written(oldest)} or later, and this is {found}"


def newer_than_tested(mypy: str) -> bool:
    """Whether a version of mypy is newer than those that the plugin has been tested with."""
    version = version_of(mypy)
    return version is not None and version > TESTED_MYPY
