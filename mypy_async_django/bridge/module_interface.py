"""What of a module others can see, and which modules it sees."""

from collections.abc import Iterator, Mapping, Set
from typing import NamedTuple

from mypy.nodes import Import, ImportAll, ImportFrom, MypyFile
from mypy.server.astdiff import snapshot_symbol_table
from mypy.util import correct_relative_import

from mypy_async_django.bridge.tree import functions


class Surface(NamedTuple):
    """A module's names with what they stand for; positions and bodies do not count.

    ``coroutines`` are named in addition: to the daemon, an unannotated coroutine function is like
    any other.
    """

    names: Mapping[str, object]
    coroutines: Set[str]


def surface_of(tree: MypyFile, hidden: str) -> Surface:
    """A module as others see it now, without one name."""
    names = snapshot_symbol_table(tree.fullname, tree.names)
    names.pop(hidden, None)
    coroutines = {function.fullname for _, function in functions(tree) if function.is_coroutine}
    return Surface(names, coroutines)


def imported_by(tree: MypyFile) -> Set[str]:
    """The full names of the modules that a module imports anywhere, and of some that are none."""
    return frozenset(_imported(tree))


def named_by(tree: MypyFile) -> Set[str]:
    """The modules that a module's names and their types lead to, and what else is called like one.

    For a module that mypy has from its cache: there its imports are not to be had.
    """
    names = snapshot_symbol_table(tree.fullname, tree.names)
    return frozenset(name for text in _texts(names) for name in _with_packages(text))


def _texts(snapshot: object) -> Iterator[str]:
    match snapshot:
        case str():
            yield snapshot
        case Mapping():
            yield from _texts(tuple(snapshot.values()))
        case tuple() | list() | Set():
            for item in snapshot:
                yield from _texts(item)
        case _:
            pass


def _imported(tree: MypyFile) -> Iterator[str]:
    for statement in tree.imports:
        match statement:
            case Import(ids=ids):
                for name, _ in ids:
                    yield from _with_packages(name)
            case ImportFrom() | ImportAll():
                module, _ = correct_relative_import(
                    tree.fullname, statement.relative, statement.id, tree.is_package_init_file()
                )
                yield from _with_packages(module)
                if isinstance(statement, ImportFrom):
                    yield from (f"{module}.{name}" for name, _ in statement.names)
            case _:
                pass


def _with_packages(name: str) -> Iterator[str]:
    while name:
        yield name
        name = name.rpartition(".")[0]
