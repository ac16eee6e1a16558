"""Names in function bodies, bound again after an update of mypy's daemon.

The daemon binds the names in a function again only when it checks the function again. A re-export that
leads to another function of the same type changes no type, and nobody checks unannotated functions: there
the names keep what they meant before, while the symbol tables of the modules are right.
"""

from mypy.nodes import GDEF, MemberExpr, MypyFile, NameExpr, RefExpr, SymbolTable

from mypy_async_django.bridge.tree import expressions


def rebind(tree: MypyFile) -> None:
    """Bind the names of a module's globals, and of what is in other modules, by the symbol tables."""
    for expression in expressions(tree):
        match expression:
            case NameExpr(kind=kind, name=name) if kind == GDEF:
                _bind(expression, tree.names, name)
            case MemberExpr(expr=RefExpr(node=MypyFile(names=names)), name=name):
                _bind(expression, names, name)
            case _:
                pass


def _bind(expression: RefExpr, names: SymbolTable, name: str) -> None:
    symbol = names.get(name)
    if symbol is None or symbol.node is None or symbol.node is expression.node:
        return
    expression.node = symbol.node
    expression.fullname = symbol.fullname or ""
