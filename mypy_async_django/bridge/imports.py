"""Names from modules that mypy has not found: stubs, or the package, are missing.

mypy makes a variable of type Any of such a name and forgets what it was imported from.
"""

from collections.abc import Iterable, Iterator, Mapping

from mypy.nodes import Import, ImportBase, ImportFrom, MypyFile, Var


def imported_names(statement: ImportBase) -> Iterator[tuple[str, str]]:
    """The names that an import binds, each with its full name.

    None of relative imports, which name the project's own modules.
    """
    match statement:
        case Import():
            for module, alias in statement.ids:
                package = module.partition(".")[0]
                yield (alias, module) if alias else (package, package)
        case ImportFrom(relative=0):
            for name, alias in statement.names:
                yield alias or name, f"{statement.id}.{name}"
        case _:
            pass


def imported_packages(tree: MypyFile) -> set[str]:
    """The top-level packages that a module imports from."""
    names = (name for statement in tree.imports for _, name in imported_names(statement))
    return {name.partition(".")[0] for name in names}


class MissingImports:
    """What the modules of a build import without mypy finding it."""

    def __init__(self, modules: Mapping[str, MypyFile]) -> None:
        self._modules = modules
        self._names: dict[str, Mapping[str, str]] = {}

    def full_name(self, variable: Var) -> str | None:
        """The full name behind a module's variable that exactly one failed import made."""
        module = variable.fullname.removesuffix(f".{variable.name}")
        if not variable.is_suppressed_import or module not in self._modules:
            return None
        if module not in self._names:
            self._names[module] = _unambiguous(self._modules[module].imports)
        return self._names[module].get(variable.name)


def _unambiguous(imports: Iterable[ImportBase]) -> Mapping[str, str]:
    pairs = {pair for statement in imports for pair in imported_names(statement)}
    names = [name for name, _ in pairs]
    return {name: full_name for name, full_name in pairs if names.count(name) == 1}
