"""Summaries in mypy's cache: as a name in the module's symbol table, they go where mypy goes.

mypy stores the name with the module, loads it in later runs and in other workers, counts it as part
of the module's interface and checks again what depends on it when it changes.
"""

from typing import Final

from mypy.nodes import GDEF, MypyFile, SymbolTableNode, Var
from mypy.types import Instance, LiteralType, get_proper_type

from mypy_async_django.effects.summary import Summaries, dumped

NAME: Final = "__mypy_async_django__"


def keep(tree: MypyFile, summaries: Summaries, string: Instance) -> None:
    """Put a module's summaries into its symbol table; no name where there is nothing to say."""
    if not summaries:
        tree.names.pop(NAME, None)
        return
    variable = Var(NAME, LiteralType(dumped(summaries), fallback=string))
    variable._fullname = f"{tree.fullname}.{NAME}"
    tree.names[NAME] = SymbolTableNode(GDEF, variable, module_public=False, plugin_generated=True)


def text(tree: MypyFile) -> str | None:
    """The summaries in a module's symbol table, as they were dumped; None where there are none."""
    symbol = tree.names.get(NAME)
    if symbol is None or not isinstance(symbol.node, Var):
        return None
    type_ = get_proper_type(symbol.node.type)
    if isinstance(type_, LiteralType) and isinstance(type_.value, str):
        return type_.value
    return None
