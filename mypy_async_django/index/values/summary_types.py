"""Types of what functions give that mypy knows nothing of: what summaries say of them."""

from mypy.nodes import AwaitExpr, CallExpr, Expression, IndexExpr, MemberExpr, NameExpr
from mypy.types import Instance, ProperType

from mypy_async_django.bridge.members import Members
from mypy_async_django.bridge.models import QUERYSET
from mypy_async_django.index.resolution.callees import named_function
from mypy_async_django.index.syntax.body import Body
from mypy_async_django.index.values.provenance import origins


class SummaryTypes:
    """The types of a body's expressions that hang on what the project's functions give."""

    def __init__(self, body: Body, members: Members) -> None:
        self._body = body
        self._members = members
        self._queryset = members.class_named(QUERYSET)
        self._found: dict[Expression, ProperType | None] = {}

    def type_of(self, expression: Expression) -> ProperType | None:
        """A coroutine, or a queryset if one of the project's functions began its query."""
        if not isinstance(expression, AwaitExpr | CallExpr | IndexExpr | MemberExpr | NameExpr):
            return None
        if expression not in self._found:
            self._found[expression] = None  # what it may be asked for while it is looked for
            self._found[expression] = self._type_of(expression)
        return self._found[expression]

    def _type_of(self, expression: Expression) -> ProperType | None:
        if isinstance(expression, CallExpr):
            named = named_function(self._body, expression.callee)
            if named is not None and named.is_awaited:
                return self._members.standard("typing.Coroutine", None, None, None)
        query = origins(self._body).query(expression) if self._queryset else None
        if query is None or self._queryset is None:
            return None
        row = Instance(query.model, [])
        return Instance(self._queryset, [row, row])
