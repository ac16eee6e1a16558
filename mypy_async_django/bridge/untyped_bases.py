"""Base classes from packages without types: mypy takes them for Any, and forgets their names.

The names are kept in the metadata of the class, which mypy stores in its cache.
"""

from collections.abc import Sequence
from typing import Final

from mypy.nodes import MemberExpr, NameExpr, TypeInfo, Var
from mypy.plugin import ClassDefContext

from mypy_async_django.bridge.imports import MissingImports

_KEY: Final = "mypy_async_django"
_BASES: Final = "bases"


def keep_bases(context: ClassDefContext) -> None:
    """Keep the names of the bases of a class that mypy has not found."""
    info = context.cls.info
    imports = MissingImports(context.api.modules)
    found = [_name(imports, base) for base in context.cls.base_type_exprs]
    names = [name for name in found if name is not None]
    if names:
        info.metadata[_KEY] = {_BASES: names}


def untyped_bases(info: TypeInfo) -> Sequence[str]:
    """The full names of the direct bases of a class that mypy has not found, by its imports."""
    kept = info.metadata.get(_KEY, {}).get(_BASES, ())
    return tuple(map(str, kept)) if isinstance(kept, list) else ()


def _name(imports: MissingImports, base: object) -> str | None:
    match base:
        case NameExpr(node=Var(is_suppressed_import=True) as variable):
            return imports.full_name(variable)
        case MemberExpr(expr=owner, name=name):
            inside = _name(imports, owner)
            return f"{inside}.{name}" if inside is not None else None
        case _:
            return None
