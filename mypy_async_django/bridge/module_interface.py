"""What of a module others can see, and which modules it sees."""

from collections.abc import Iterator, Mapping, Set
from typing import Final, NamedTuple

from mypy.nodes import GDEF, Import, ImportAll, ImportFrom, MypyFile, SymbolTableNode, Var
from mypy.server.astdiff import snapshot_symbol_table
from mypy.types import Instance, LiteralType
from mypy.util import correct_relative_import

from mypy_async_django.bridge.tree import functions

_MARK: Final = "__mypy_async_django__"


def mark(tree: MypyFile, text: str, string: Instance) -> None:
    """Have the daemon check again what depends on `trigger` when a module's text is another one.

    As a name in its symbol table. A module from mypy's cache has none.
    """
    variable = Var(_MARK, LiteralType(text, fallback=string))
    variable._fullname = f"{tree.fullname}.{_MARK}"
    tree.names[_MARK] = SymbolTableNode(GDEF, variable, module_public=False, plugin_generated=True)


def trigger(module: str) -> str:
    """What a function depends on that has to be checked again when the module's mark changes."""
    return f"<{module}.{_MARK}>"


class Surface(NamedTuple):
    """A module's names with what they stand for; positions and bodies do not count.

    ``coroutines`` are named in addition: to the daemon, an unannotated coroutine function is like
    any other.
    """

    names: Mapping[str, object]
    coroutines: Set[str]


def surface_of(tree: MypyFile) -> Surface:
    """A module as others see it now."""
    names = snapshot_symbol_table(tree.fullname, tree.names)
    names.pop(_MARK, None)
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
