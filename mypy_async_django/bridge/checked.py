"""The types that mypy inferred while it checked a module."""

from collections.abc import Callable, Mapping

from mypy.checker import TypeChecker
from mypy.nodes import Expression
from mypy.types import AnyType, Instance, ProperType, get_proper_type

from mypy_async_django.bridge.types import known


class CheckedTypes:
    """Types of expressions in bodies that mypy has checked.

    ``remembered`` are used for those that mypy has not reached: it is still checking the body.
    ``inferred`` are asked where mypy says Any.
    """

    are_mypys = True

    def __init__(
        self,
        checker: TypeChecker,
        remembered: Mapping[Expression, ProperType | None],
        inferred: Callable[[Expression], ProperType | None],
    ) -> None:
        self._checker = checker
        self._remembered = remembered
        self._inferred = inferred

    def type_of(self, expression: Expression) -> ProperType | None:
        """What mypy inferred for the expression where it stands; None if it is unknown."""
        found = self._checker.lookup_type_or_none(expression)
        if found is None:
            return self._remembered.get(expression)
        proper = get_proper_type(found)
        type_ = known(proper)
        if type_ is None and isinstance(proper, AnyType | Instance):
            return self._inferred(expression)
        return type_

    def is_reached(self, expression: Expression) -> bool:
        """Whether mypy came by: it leaves out what cannot run."""
        return self._checker.has_type(expression) or expression in self._remembered
