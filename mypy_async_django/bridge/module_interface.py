"""The interface of a module, which other modules depend on, and the modules that it depends on."""

from collections.abc import Iterator, Mapping, Set
from typing import Final, NamedTuple

from mypy.nodes import GDEF, Import, ImportAll, ImportFrom, MypyFile, SymbolTableNode, Var
from mypy.server.astdiff import snapshot_symbol_table
from mypy.types import Instance, LiteralType
from mypy.util import correct_relative_import

from mypy_async_django.bridge.tree import functions

_MARK: Final = "__mypy_async_django__"


def mark(tree: MypyFile, text: str, string: Instance) -> None:
    """Make the daemon check again what depends on `trigger` when the text of a module changes.

    The text becomes the type of a name in the module's symbol table. A module that mypy has loaded
    from its cache has no such name.
    """
    variable = Var(_MARK, LiteralType(text, fallback=string))
    variable._fullname = f"{tree.fullname}.{_MARK}"
    tree.names[_MARK] = SymbolTableNode(GDEF, variable, module_public=False, plugin_generated=True)


def trigger(module: str) -> str:
    """The dependency of a function that dmypy has to check again when the module's mark changes."""
    return f"<{module}.{_MARK}>"


class ModuleInterface(NamedTuple):
    """A module's symbols without positions and bodies, to be compared with an earlier state.

    ``names`` is mypy's snapshot of the symbol table. ``coroutines`` are the full names of the async
    functions: in mypy's snapshot an unannotated async function is like any other.
    """

    names: Mapping[str, object]
    coroutines: Set[str]


def interface_of(tree: MypyFile) -> ModuleInterface:
    """The interface of a module now."""
    names = snapshot_symbol_table(tree.fullname, tree.names)
    names.pop(_MARK, None)
    coroutines = {function.fullname for _, function in functions(tree) if function.is_coroutine}
    return ModuleInterface(names, coroutines)


def imported_by(tree: MypyFile) -> Set[str]:
    """The names of the modules that a module imports anywhere.

    ``from a import b`` may name a module ``a.b`` or a symbol of ``a``: both are among them.
    """
    return frozenset(_imported(tree))


def named_by(tree: MypyFile) -> Set[str]:
    """The names of the modules in which a module's symbols and their types are defined.

    Full names of classes and functions are among them too. It stands in for `imported_by` in a
    module that mypy has loaded from its cache, without its imports.
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
