"""Summaries of a module's functions."""

from collections.abc import Callable, Iterable
from dataclasses import astuple
from typing import Final

from mypy.nodes import Expression, FuncDef, FuncItem, MypyFile, ReturnStmt, YieldExpr

from mypy_async_django.bridge.tree import functions
from mypy_async_django.catalogue import Api, Effect
from mypy_async_django.effects.summary import StoredResult, Summaries, Summary
from mypy_async_django.index.body import Body
from mypy_async_django.index.called import called_functions, is_nested
from mypy_async_django.index.hits import hits
from mypy_async_django.index.needs import needs_of, passes_of
from mypy_async_django.index.operations import called_name, calls
from mypy_async_django.index.origins import origins
from mypy_async_django.index.queries import Kind, Result

_LOOP_PROBES: Final = frozenset({"_asyncio.get_running_loop", "asyncio.events.get_running_loop"})
_MOST_NEEDS: Final = 20

IsProject = Callable[[str], bool]
"""Whether a function, by its full name, is defined in the user's project and not trusted."""


def summaries_of(
    tree: MypyFile, body_of: Callable[[FuncItem], Body], is_project: IsProject
) -> Summaries:
    """What the functions of a module do; those with nothing to say are left out."""
    found: dict[str, Summary] = {}
    prefix = f"{tree.fullname}."
    for _, function in functions(tree):
        if function.fullname.startswith(prefix):
            summary = summary_of(function, body_of, is_project)
            if summary:
                found[function.fullname.removeprefix(prefix)] = summary
    return found


def summary_of(
    function: FuncItem, body_of: Callable[[FuncItem], Body], is_project: IsProject
) -> Summary:
    """What one function does itself, with the functions and lambdas that it makes and calls."""
    body = body_of(function)
    raises, blocks, called = _operations(body, body_of, is_project)
    needs = sorted({(need.parameter, ".".join(need.path)) for need in needs_of(body)})
    passes = {
        (passed.parameter, passed.function, passed.to)
        for passed in passes_of(body)
        if is_project(passed.function)
    }
    result = _result(body)
    return Summary(
        tuple(sorted(raises)),
        tuple(sorted(blocks)),
        tuple(sorted(called)),
        tuple(needs[:_MOST_NEEDS]),
        tuple(sorted(passes)),
        astuple(result) if result else (),
    )


def _operations(
    outermost: Body, body_of: Callable[[FuncItem], Body], is_project: IsProject
) -> tuple[set[str], set[str], set[str]]:
    """What raises, what blocks, and what is called: nothing for a coroutine, which is looked at."""
    raises: set[str] = set()
    blocks: set[str] = set()
    called: set[str] = set()
    bodies = [] if outermost.is_coroutine else [outermost]
    for body in bodies:
        if any(called_name(body, call) in _LOOP_PROBES for call in calls(body)):
            continue  # it knows whether a loop is running
        for hit in hits(body):
            if hit.api.when:
                continue  # what it takes is not to be seen from afar
            if hit.api.effect is Effect.RAISES:
                raises.add(display_name(hit.api))
            elif hit.api.effect is Effect.BLOCKS:
                blocks.add(display_name(hit.api))
        for target in called_functions(body):
            if is_nested(target.function):
                if all(target.function is not other.function for other in bodies):
                    bodies.append(body_of(target.function))
            elif isinstance(target.function, FuncDef) and is_project(target.function.fullname):
                called.add(target.function.fullname)
    return raises, blocks, called


def _result(body: Body) -> StoredResult | None:
    """What the function gives, where all its ways out give the same."""
    yielded = [node.expr for node in body.nodes if isinstance(node, YieldExpr)]
    returned = [node.expr for node in body.nodes if isinstance(node, ReturnStmt)]
    found = _agreed(body, yielded or returned)
    if found is not None and yielded:
        if found.kind is not Kind.ROW or found.row.path:
            return None
        found = Result(Kind.ROWS, found.row)
    return _stored(found) if found else None


def _agreed(body: Body, values: Iterable[Expression | None]) -> Result | None:
    given = [value for value in values if value is not None and not _is_none(value)]
    results = [origins(body).result(value) for value in given]
    first = results[0] if results else None
    if first is None or any(result is None for result in results):
        return None
    stored = _stored(first)
    return first if all(result and _stored(result) == stored for result in results) else None


def _is_none(value: Expression) -> bool:
    return getattr(value, "fullname", "") == "builtins.None"


def _stored(result: Result) -> StoredResult:
    row, query = result.row, result.row.query
    return StoredResult(
        kind=result.kind.value,
        model=query.model.fullname,
        path=row.path,
        selected=tuple(sorted(query.selected)),
        all_selected=query.all_selected,
        prefetched=tuple(sorted(query.prefetched)),
        only=None if query.only is None else tuple(sorted(query.only)),
        deferred=tuple(sorted(query.deferred)),
        parent=query.parent.fullname if query.parent else None,
        given=None if row.given is None else tuple(sorted(row.given)),
    )


def display_name(api: Api) -> str:
    """An API's name as a person would say it: ``QuerySet.count``, ``time.sleep``."""
    parts = api.name.split(".")
    of_class = len(parts) > 2 and parts[-2][:1].isupper()
    return ".".join(parts[-2:]) if of_class or len(parts) == 2 else api.name
