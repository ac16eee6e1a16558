"""The types that mypy inferred while it checked a module."""

from mypy.checker import TypeChecker
from mypy.nodes import Expression
from mypy.types import ProperType

from mypy_async_django.bridge.types import known


class CheckedTypes:
    """Types of expressions in bodies that mypy has checked."""

    are_mypys = True

    def __init__(self, checker: TypeChecker) -> None:
        self._checker = checker

    def type_of(self, expression: Expression) -> ProperType | None:
        """What mypy inferred for the expression where it stands; None for Any."""
        return known(self._checker.lookup_type_or_none(expression))

    def is_reached(self, expression: Expression) -> bool:
        """Whether mypy came by: it leaves out what cannot run."""
        return self._checker.has_type(expression)
