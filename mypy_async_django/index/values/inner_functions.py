"""What functions inside another one receive, where all of their uses are seen."""

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence

from mypy.nodes import Argument, CallExpr, FuncDef, FuncItem, LambdaExpr, NameExpr, Node, Var

from mypy_async_django.bridge.tree import walk
from mypy_async_django.index.resolution.argument_binding import bind
from mypy_async_django.index.resolution.call_targets import call_targets
from mypy_async_django.index.syntax.bindings import Binding
from mypy_async_django.index.syntax.body import Body, once
from mypy_async_django.index.values.library_calls import Handed, handed


def run_here(body: Body) -> Iterator[Body]:
    """The sync functions and lambdas without parameters that a body contains and only itself runs.

    What others do with what they receive, is an effect of the call.
    """
    seen: set[FuncItem] = set()
    ran = dict.fromkeys((called.function, called.node) for called in call_targets(body))
    for function, _ in ran:
        if body.module is None or function in seen or isinstance(function, Var):
            continue
        seen.add(function)
        everywhere = uses(body.around or body).get(function, ())
        if not everywhere or function.arguments:
            continue
        if all((function, call) in ran for call in everywhere):
            yield body.module.body_of(function)


def received(body: Body, parameter: Binding) -> Sequence[Handed] | None:
    """What a parameter of a function inside another receives; None where that is not known.

    The function is called by its name, or a library function runs it: ``sorted(books, key=...)``.
    """
    around, function, node = body.around, body.function, parameter.node
    if around is None or not isinstance(function, FuncItem) or not isinstance(node, Argument):
        return None
    if node not in function.arguments:
        return None  # a parameter of the function around
    place = function.arguments.index(node)
    found: list[Handed] = []
    for call in uses(around).get(function, ()):
        given = list(_given(around, function, call, place)) if call is not None else []
        if not given:
            return None
        found += given
    return found or None


def _given(around: Body, function: FuncItem, call: CallExpr, place: int) -> Iterator[Handed]:
    if isinstance(function, FuncDef) and _function(around, call.callee) is function:
        name = function.arguments[place].variable.name
        yield from (Handed(value, ()) for to, value in bind(call, function) if to == name)
        return
    for argument, to, given in handed(around, call):
        if to == place and _function(around, argument) is function:
            yield given


@once
def uses(body: Body) -> Mapping[FuncItem, Sequence[CallExpr | None]]:
    """The functions inside a body, each with the calls of it or with it; None for another use."""
    found: dict[FuncItem, list[CallExpr | None]] = defaultdict(list)
    called: set[Node] = set()
    for node in walk(body.function):
        if isinstance(node, CallExpr):
            for part in (node.callee, *node.args):
                function = _function(body, part)
                if function is not None:
                    found[function].append(node)
                    called.add(part)
    for node in walk(body.function):
        if node not in called and (function := _function(body, node)) is not None:
            found[function].append(None)
    return found


def _function(body: Body, node: Node) -> FuncItem | None:
    match node:
        case LambdaExpr():
            return node
        case NameExpr(node=FuncDef() as function) if body.is_nested(function):
            return function
        case _:
            return None
