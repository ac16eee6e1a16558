"""What a call returns, by the callee's signature and the types of the arguments."""

from collections.abc import Callable, Sequence
from functools import partial
from typing import Final, NamedTuple, TypeVar

from mypy.applytype import apply_generic_arguments, apply_poly
from mypy.argmap import map_actuals_to_formals
from mypy.checkexpr import all_same_types, any_causes_overload_ambiguity, has_any_type
from mypy.erasetype import erase_type
from mypy.expandtype import freshen_all_functions_type_vars
from mypy.infer import ArgumentInferContext, infer_function_type_arguments
from mypy.nodes import ARG_STAR, ArgKind, Context
from mypy.subtypes import is_subtype
from mypy.typeops import freeze_all_type_vars, get_all_type_vars
from mypy.types import (
    AnyType,
    CallableType,
    FunctionLike,
    Overloaded,
    ProperType,
    Type,
    TypeOfAny,
    TypeVarLikeType,
    UninhabitedType,
    get_proper_type,
)
from mypy.types_utils import remove_optional

UNKNOWN: Final = AnyType(TypeOfAny.unannotated)

T = TypeVar("T")


class Arguments(NamedTuple):
    """The arguments of a call as mypy's functions take them; the type of an unknown one is Any."""

    types: Sequence[Type]
    kinds: list[ArgKind]
    names: Sequence[str | None]

    def without_none(self) -> "Arguments":
        """The same with None removed from what may be None: the code before may have tested it."""
        return self._replace(types=[remove_optional(type_) for type_ in self.types])

    def of(self, callee: CallableType) -> list[list[int]]:
        """For each parameter of the callee the positions of the arguments that it gets."""
        return map_actuals_to_formals(
            self.kinds, self.names, callee.arg_kinds, callee.arg_names, self.types.__getitem__
        )


def returned(
    callee: FunctionLike, arguments: Arguments, context: ArgumentInferContext
) -> ProperType | None:
    """The type of the result; None where several overloads may be meant."""
    if isinstance(callee, CallableType) and not get_all_type_vars(callee.ret_type):
        return get_proper_type(callee.ret_type)
    matches = _matches(callee, arguments, context)
    if isinstance(callee, Overloaded) and not matches:
        arguments = arguments.without_none()
        matches = _matches(callee, arguments, context)
    return _common(matches, arguments) if matches else None


def expected(
    callee: FunctionLike, arguments: Arguments, position: int, context: ArgumentInferContext
) -> ProperType | None:
    """The type of the parameter that takes the argument at a position."""
    for match in _matches(callee, arguments, context):
        for formal, indices in zip(match.arg_types, arguments.of(match), strict=True):
            if position in indices:
                return get_proper_type(formal)
    return None


def accepts(callee: CallableType, arguments: Arguments) -> bool:
    """Whether the arguments fit in number, name and type; an unknown type fits."""
    mapping = arguments.of(callee)
    passed = {index for indices in mapping for index in indices}
    return (
        all(index in passed or kind.is_star() for index, kind in enumerate(arguments.kinds))
        and all(indices or not kind.is_required() for indices, kind in _formals(callee, mapping))
        and all(
            _fits(arguments.types[index], arguments.kinds[index], formal)
            for formal, indices in zip(callee.arg_types, mapping, strict=True)
            for index in indices
        )
    )


def _matches(
    callee: FunctionLike, arguments: Arguments, context: ArgumentInferContext
) -> list[CallableType]:
    """What the call may run, with type variables solved: one function, or several overloads."""
    if isinstance(callee, CallableType):
        applied = _applied(callee, arguments, context)
        return [applied] if applied else []
    assert isinstance(callee, Overloaded)
    is_vague = any(has_any_type(type_) for type_ in arguments.types)
    matches = []
    for item in _star_first(callee, arguments):
        applied = _applied(item, arguments, context)
        if applied is not None and _tried(partial(accepts, applied, arguments)):
            matches.append(applied)
            if not is_vague:
                break
    return matches


def _star_first(callee: Overloaded, arguments: Arguments) -> list[CallableType]:
    """The overloads in the order in which mypy tries them."""
    if ARG_STAR not in arguments.kinds:
        return callee.items
    return sorted(callee.items, key=lambda item: not item.is_var_arg)


def _common(matches: list[CallableType], arguments: Arguments) -> ProperType | None:
    results = [match.ret_type for match in matches]
    types, kinds, names = list(arguments.types), arguments.kinds, arguments.names
    if any_causes_overload_ambiguity(matches, results, types, kinds, names):
        results = [erase_type(result) for result in results]
        if not all_same_types(results):
            return None
    return get_proper_type(results[0])


def _applied(
    callee: CallableType, arguments: Arguments, context: ArgumentInferContext
) -> CallableType | None:
    """The callee with its type variables solved by the arguments."""
    if not callee.is_generic():
        return callee
    callee = freshen_all_functions_type_vars(callee)
    normal = callee.with_unpacked_kwargs().with_normalized_var_args()
    return _tried(partial(_solved, normal, arguments, context))


def _solved(
    callee: CallableType, arguments: Arguments, context: ArgumentInferContext
) -> CallableType:
    solution, _ = _solution(callee, arguments, context)
    if not any(_is_unsolved(type_, callee) for type_ in solution):
        return _with_solution(callee, solution)
    generic = _generic(callee, arguments, context)
    return generic or _with_solution(callee, _defaulted(solution, callee))


def _solution(
    callee: CallableType,
    arguments: Arguments,
    context: ArgumentInferContext,
    *,
    allow_polymorphic: bool = False,
) -> tuple[list[Type | None], list[TypeVarLikeType]]:
    # A lambda says nothing of its own: what it is given, and so returns, is what is to be solved.
    types = [None if _is_lambda(type_) else type_ for type_ in arguments.types]
    kinds, names, mapping = arguments.kinds, arguments.names, arguments.of(callee)
    return infer_function_type_arguments(
        callee, types, kinds, names, mapping, context, allow_polymorphic=allow_polymorphic
    )


def _generic(
    callee: CallableType, arguments: Arguments, context: ArgumentInferContext
) -> CallableType | None:
    """The callee where a generic function is passed to it: generic in that one's variables."""
    solution, free = _solution(callee, arguments, context, allow_polymorphic=True)
    generic = apply_poly(_with_solution(callee, solution), free) if free else None
    if generic is not None:
        freeze_all_type_vars(generic)
    return generic


def _defaulted(solution: Sequence[Type | None], callee: CallableType) -> list[Type | None]:
    """A solution with Any for what remains unsolved."""
    return [
        UNKNOWN if _is_unsolved(type_, callee) and not variable.has_default() else type_
        for type_, variable in zip(solution, callee.variables, strict=True)
    ]


def _with_solution(callee: CallableType, solution: Sequence[Type | None]) -> CallableType:
    return apply_generic_arguments(
        callee, solution, lambda *mismatch: None, Context(), skip_unsatisfied=True
    )


def _is_unsolved(type_: Type | None, callee: CallableType) -> bool:
    proper = get_proper_type(type_)
    return (
        proper is None
        or isinstance(proper, UninhabitedType)
        or any(variable in callee.variables for variable in get_all_type_vars(proper))
    )


def _is_lambda(type_: Type) -> bool:
    """Whether this is a lambda that takes arguments."""
    proper = get_proper_type(type_)
    return (
        isinstance(proper, CallableType)
        and proper.implicit
        and proper.definition is None
        and bool(proper.arg_types)
    )


def _formals(callee: CallableType, mapping: list[list[int]]) -> list[tuple[list[int], ArgKind]]:
    return list(zip(mapping, callee.arg_kinds, strict=True))


def _fits(type_: Type, kind: ArgKind, formal: Type) -> bool:
    proper = get_proper_type(type_)
    if kind.is_star() or isinstance(proper, AnyType):
        return True
    return is_subtype(type_, formal)


def _tried(solve: Callable[[], T]) -> T | None:
    """What ``solve`` returns; None where mypy's solver does not cope.

    It asserts what the type checker has made sure of; unchecked code may be anything.
    """
    try:
        return solve()
    except Exception:
        return None
