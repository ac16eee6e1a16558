"""Names imported from modules that mypy has not found, resolved by their import statements."""

from collections.abc import Iterator

from mypy.nodes import Expression, ImportBase, MemberExpr, NameExpr, TypeInfo, Var

from mypy_async_django.bridge.imports import imported_names
from mypy_async_django.index.syntax.body import Body


def missing_name(body: Body, expression: Expression) -> str | None:
    """The full name that an expression refers to in a module mypy has not found; None otherwise."""
    match expression:
        case NameExpr(node=Var(is_suppressed_import=True) as variable):
            name = _imported(body, expression) or body.missing_imports.full_name(variable)
            return name and body.catalogue.defined(name)
        case MemberExpr(expr=owner, name=name):
            inside = missing_name(body, owner)
            return inside and body.catalogue.defined(f"{inside}.{name}")
        case _:
            return None


def base_names(body: Body, info: TypeInfo) -> Iterator[str]:
    """The full names of the classes that a class derives from, as far as they are known."""
    for base in info.mro:
        yield base.fullname
        if base.fallback_to_any:
            for expression in base.defn.base_type_exprs:
                if (name := missing_name(body, expression)) is not None:
                    yield name


def is_missing(expression: Expression) -> bool:
    """Whether an expression refers to a module that mypy has not found, or to a name in one."""
    match expression:
        case NameExpr(node=Var(is_suppressed_import=True)):
            return True
        case MemberExpr(expr=owner):
            return is_missing(owner)
        case _:
            return False


def _imported(body: Body, name: NameExpr) -> str | None:
    """The full name behind a local name whose only binding is an import in the body."""
    bindings = body.flow.reaching(name)
    statements = [b.node for b in bindings if isinstance(b.node, ImportBase)]
    if len(statements) != 1 or len(bindings) != 1:
        return None
    return dict(imported_names(statements[0])).get(name.name)
