"""All rows, and the catalogue of one run, which includes the project's own settings."""

import re
from collections import defaultdict
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from itertools import chain
from typing import Any, Final

from mypy_async_django.catalogue import (
    django,
    django_lazy,
    loops,
    standard_library,
    third_party,
)
from mypy_async_django.catalogue.frameworks import installed
from mypy_async_django.catalogue.offload import OFFLOADERS, Offloader
from mypy_async_django.catalogue.row import Api, Version
from mypy_async_django.catalogue.settings import NOTHING_KNOWN, SettingsFacts

ROWS: Final[tuple[Api, ...]] = tuple(
    chain(
        django.ROWS,
        django_lazy.ROWS,
        installed.ROWS,
        loops.ROWS,
        standard_library.ROWS,
        third_party.ROWS,
    )
)

MADE_SYNC_TITLE: Final = "async_to_sync"

#: The suffixes that distinguish the setter and deleter of a property from its getter.
_ACCESSOR: Final = re.compile(r"\.(setter|deleter)$")


_BRIDGES: Final = (
    "asgiref.sync.AsyncToSync",
    "asgiref.sync.SyncToAsync",
    "asgiref.sync.async_to_sync",
    "asgiref.sync.sync_to_async",
)

_OFFERED_BY: Final = {
    inside: package for package, modules in third_party.OFFERED.items() for inside in modules
}


def title(api: Api) -> str:
    """An API's short name for messages: ``QuerySet.count``, ``requests.get``."""
    if api.name == loops.MADE_SYNC:
        return MADE_SYNC_TITLE
    module, _, name = api.name.rpartition(".")
    if module in _OFFERED_BY:
        return f"{_OFFERED_BY[module]}.{name}"
    parts = api.name.split(".")
    of_class = len(parts) > 2 and parts[-2][:1].isupper()
    return ".".join(parts[-2:]) if of_class or len(parts) == 2 else api.name


#: The titles of Django's APIs.
_OF_DJANGO: Final = frozenset(title(row) for row in ROWS if row.name.startswith("django."))


#: The methods of frameworks, whose classes mypy may not know.
_OF_FRAMEWORKS: Final = frozenset(row.name.rpartition(".")[2] for row in installed.ROWS)


class Catalogue:
    """The built-in rows, extended and restricted by a project's settings."""

    def __init__(
        self,
        django_version: Version,
        own: Iterable[Api] = (),
        offloaders: Iterable[Offloader] = (),
        trusted: Collection[str] = (),
        awaiting: Collection[str] = (),
        facts: SettingsFacts = NOTHING_KNOWN,
    ) -> None:
        self.django_version = django_version
        #: What the project's Django settings decide.
        self.facts = facts
        #: Decorators that make a view of a function; see `Framework`.
        self.endpoints = installed.ENDPOINTS
        #: The installed packages that await hooks which others call synchronously.
        self.awaiting = frozenset(awaiting)
        self._trusted = frozenset(trusted)
        self._apis: Mapping[str, Api] = {
            row.name: row for row in chain(ROWS, own) if not self.trusts(row.name)
        }

        self._offloaders: Mapping[str, Offloader] = {
            row.name: row for row in chain(OFFLOADERS, offloaders)
        }
        #: The last parts of the offloaders' names, for a look before a receiver's type is inferred.
        self.offloading = frozenset(name.rpartition(".")[2] for name in self._offloaders)

        self._iterators: Mapping[str, Api] = {
            row.name: row
            for row in chain(
                django_lazy.ITERATORS, standard_library.ITERATORS, third_party.ITERATORS
            )
            if not self.trusts(row.name)
        }

        #: The names of functions and methods whose result runs its operation when it is iterated.
        self.iterating = frozenset(name.rpartition(".")[2] for name in self._iterators)
        methods: dict[str, set[str]] = defaultdict(set)
        for name in self._apis:
            owner, _, method = name.rpartition(".")
            methods[owner].add(method)
        self._methods_of = [(owner, tuple(_around(owner)), methods[owner]) for owner in methods]
        #: The modules and classes of the rows, and those of them that take part in the build.
        self._places = third_party.FAMILY_MODULES.union(
            methods, *(around for _, around, _ in self._methods_of)
        )
        self._newest: tuple[int, str] | None = None
        self._seen: Collection[str] | None = None
        self._methods = _OF_FRAMEWORKS
        self._has_families = False
        self._modules: Collection[str] = ()

    def trusts(self, function: str) -> bool:
        """Whether the project's settings trust a function, by its full name, or what it is in.

        A property's setter and deleter go by the property's name, ``Shop.size``.
        """
        name = _ACCESSOR.sub("", function) if self._trusted else ""
        while name and name not in self._trusted:
            name = name.rpartition(".")[0]
        return bool(name)

    def is_opaque(self, function: str) -> bool:
        """Whether calls are not followed into a function: it is trusted, or a bridge of asgiref's.

        Where asgiref itself is checked, its source says less of its bridges than the catalogue.
        """
        return self.trusts(function) or function.startswith(_BRIDGES)

    def api(self, name: str) -> Api | None:
        """The row with this full name."""
        return self._apis.get(name)

    def defined(self, name: str) -> str:
        """The full name at the definition, from a public name such as ``requests.get``."""
        module, _, member = name.rpartition(".")
        names = (f"{inside}.{member}" for inside in third_party.OFFERED.get(module, ()))
        return next((inside for inside in names if inside in self._apis), name)

    def is_of_django(self, operation: str) -> bool:
        """Whether an operation, by its title, belongs to Django."""
        return operation in _OF_DJANGO

    def see(self, modules: dict[str, Any]) -> None:
        """Record which modules take part in the build; called repeatedly, so it must be cheap."""
        self._modules = modules
        newest = len(modules), next(reversed(modules), "")
        if newest == self._newest:
            return
        self._newest = newest
        seen = self._places & modules.keys()
        if seen == self._seen:
            return
        self._seen = seen
        self._has_families = any(module in modules for module in third_party.FAMILY_MODULES)
        self._methods = _OF_FRAMEWORKS.union(
            *(
                methods
                for owner, around, methods in self._methods_of
                if owner not in modules and any(module in modules for module in around)
            )
        )

    def has_module(self, name: str) -> bool:
        """Whether a module takes part in the build."""
        return name in self._modules

    def has_method(self, names: Iterable[str]) -> bool:
        """Whether any class of the build can have a row for one of these method names.

        Checked before the receiver's type is inferred, as most methods have no row.
        """
        return self._has_families or not self._methods.isdisjoint(names)

    def family(
        self, classes: tuple[str, ...], definer: int, method: str, has: Callable[[str], bool]
    ) -> Api | None:
        """The row of a method of a client class whose methods all block; see `family_row`."""
        row = third_party.family_row(classes, definer, method, has)
        return None if row is None or self.trusts(row.name) else row

    def iterator(self, name: str) -> Api | None:
        """The row of the operation that iterating this function's result runs."""
        return self._iterators.get(name)

    def offloader(self, name: str) -> Offloader | None:
        """The offloader with this full name."""
        return self._offloaders.get(name)

    def twin(self, api: Api) -> str | None:
        """The row's twin, if the project's Django has it."""
        return api.twin if self.django_version >= api.since else None

    def instead(self, api: Api) -> str | None:
        """What the row names instead of a twin, if the project's Django has it."""
        return api.instead if self.django_version >= api.since else None


def _around(name: str) -> Iterator[str]:
    """The prefixes of a dotted name: its possible modules and classes."""
    while "." in name:
        name = name.rpartition(".")[0]
        yield name
