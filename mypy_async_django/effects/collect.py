"""Summaries of a module's sync functions."""

from collections.abc import Callable

from mypy.nodes import FuncDef, FuncItem, MypyFile

from mypy_async_django.bridge.tree import functions
from mypy_async_django.catalogue import Api, Effect
from mypy_async_django.effects.summary import Summaries, Summary
from mypy_async_django.index.body import Body
from mypy_async_django.index.called import called_functions, is_nested
from mypy_async_django.index.hits import hits
from mypy_async_django.index.operations import called_name, calls

_LOOP_PROBES = frozenset({"_asyncio.get_running_loop", "asyncio.events.get_running_loop"})


def summaries_of(
    tree: MypyFile, body_of: Callable[[FuncItem], Body], is_project: Callable[[str], bool]
) -> Summaries:
    """What the sync functions of a module do; those that do nothing of interest are left out.

    ``is_project`` tells of a function's full name whether its module is the user's.
    """
    found: dict[str, Summary] = {}
    for _, function in functions(tree):
        if not function.is_coroutine and function.fullname.startswith(f"{tree.fullname}."):
            summary = summary_of(function, body_of, is_project)
            if summary:
                found[function.fullname.removeprefix(f"{tree.fullname}.")] = summary
    return found


def summary_of(
    function: FuncItem, body_of: Callable[[FuncItem], Body], is_project: Callable[[str], bool]
) -> Summary:
    """What one function does itself, with the functions and lambdas that it makes and calls."""
    raises: set[str] = set()
    blocks: set[str] = set()
    called: set[str] = set()
    inside: list[FuncItem] = [function]
    for item in inside:
        body = body_of(item)
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
                if target.function not in inside:
                    inside.append(target.function)
            elif isinstance(target.function, FuncDef) and is_project(target.function.fullname):
                called.add(target.function.fullname)
    return Summary(tuple(sorted(raises)), tuple(sorted(blocks)), tuple(sorted(called)))


def display_name(api: Api) -> str:
    """An API's name as a person would say it: ``QuerySet.count``, ``time.sleep``."""
    parts = api.name.split(".")
    of_class = len(parts) > 2 and parts[-2][:1].isupper()
    return ".".join(parts[-2:]) if of_class or len(parts) == 2 else api.name
