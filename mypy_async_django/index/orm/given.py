"""Types of querysets that functions without annotations give: what summaries say of them."""

from mypy.nodes import AwaitExpr, CallExpr, Expression, IndexExpr, NameExpr, TypeInfo
from mypy.types import Instance, ProperType

from mypy_async_django.index.body import Body
from mypy_async_django.index.orm.origins import origins


class GivenTypes:
    """The types of a body's expressions that hang on what the project's functions give.

    ``queryset`` is Django's class, where it takes part in the build.
    """

    def __init__(self, body: Body, queryset: TypeInfo | None) -> None:
        self._body = body
        self._queryset = queryset
        self._found: dict[Expression, ProperType | None] = {}

    def type_of(self, expression: Expression) -> ProperType | None:
        """A queryset, if one of the project's functions began the expression's query."""
        if self._queryset is None or not isinstance(
            expression, AwaitExpr | CallExpr | IndexExpr | NameExpr
        ):
            return None
        if expression not in self._found:
            self._found[expression] = None  # what it may be asked for while it is looked for
            query = origins(self._body).query(expression)
            if query is not None:
                row = Instance(query.model, [])
                self._found[expression] = Instance(self._queryset, [row, row])
        return self._found[expression]
