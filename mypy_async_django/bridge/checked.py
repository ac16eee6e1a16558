"""The types that mypy inferred while it checked a module."""

from mypy.checker import TypeChecker
from mypy.nodes import Expression
from mypy.types import Instance, ProperType

from mypy_async_django.bridge.types import COROUTINES, known


class CheckedTypes:
    """Types of expressions in bodies that mypy has checked."""

    def __init__(self, checker: TypeChecker) -> None:
        self._checker = checker

    def type_of(self, expression: Expression) -> ProperType | None:
        """What mypy inferred for the expression where it stands; None for Any."""
        return known(self._checker.lookup_type_or_none(expression))

    def is_reached(self, expression: Expression) -> bool:
        """Whether mypy came by: it leaves out what cannot run."""
        return self._checker.has_type(expression)


def makes_coroutines(checker: TypeChecker) -> bool:
    """Whether any expression of the module that mypy has checked is a coroutine."""
    for types in checker._type_maps:
        for type_ in types.values():
            if type(type_) is Instance and type_.type.fullname in COROUTINES:
                return True
    return False
