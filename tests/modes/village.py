"""Random projects, and random edits of them.

A project is modules of functions that call each other, in any direction, with an operation here and
there that blocks. What it says is not meant to make sense; often mypy finds errors of its own.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from typing import Final, Protocol, TypeVar

from hypothesis import strategies as st

T = TypeVar("T")

DECORATORS: Final = """\
import asyncio
from collections.abc import Callable, Coroutine
from typing import Any, TypeVar

F = TypeVar("F", bound=Callable[..., Any])


def logged(function: F) -> F:
    return function


def in_thread(function: Callable[..., Any]) -> Callable[..., Coroutine[Any, Any, Any]]:
    async def run(*args: Any) -> Any:
        return await asyncio.to_thread(function, *args)
    return run
"""
OPERATIONS: Final = ("time.sleep(1)", "input()", "pass")
IGNORES: Final = ("", "", "  # type: ignore", "  # type: ignore[async-blocking-call]")
WRAPPERS: Final = ("", "", "", "logged", "in_thread")
MODULES: Final = tuple("abcdefgh")
FUNCTIONS: Final = ("one", "two", "three")


class Draw(Protocol):
    """Takes a value from a strategy."""

    def __call__(self, strategy: st.SearchStrategy[T]) -> T:
        """The value."""
        ...


@dataclass(frozen=True, slots=True)
class Line:
    """A statement; ``calls`` is what it uses of another module, as "module.name"."""

    text: str
    calls: str = ""
    ignore: str = ""


@dataclass(frozen=True, slots=True)
class Function:
    """A function of a module, or a method of its class ``Box``."""

    name: str
    lines: tuple[Line, ...]
    is_coroutine: bool
    is_annotated: bool
    is_method: bool
    decorator: str
    gives: str
    """The module whose ``Box`` the function returns."""


@dataclass(slots=True)
class Village:
    """The modules of a project; those in ``away`` are deleted for now."""

    modules: dict[str, list[Function]] = field(default_factory=dict)
    away: dict[str, list[Function]] = field(default_factory=dict)

    def files(self) -> dict[str, str]:
        """The texts of all files that there are."""
        texts = {f"{name}.py": _module(name, functions) for name, functions in self.modules.items()}
        return {"decorators.py": DECORATORS, **texts}


def founded(draw: Draw) -> Village:
    """A project of three to eight modules."""
    names = MODULES[: draw(st.integers(3, 8))]
    return Village({name: [_function(draw, names) for _ in range(2)] for name in names})


def edit(draw: Draw, village: Village) -> str:
    """Change something; what that was."""
    names = tuple(village.modules)
    name = draw(st.sampled_from(names))
    functions = village.modules[name]
    if not functions:
        functions.append(_function(draw, MODULES))
        return f"{name}: a first function"
    place = draw(st.integers(0, len(functions) - 1))
    change = draw(st.sampled_from(_CHANGES))
    what = f"{name}.{functions[place].name}: {change.__name__.strip('_')}"
    change(draw, village, name, place)
    return what


Change = Callable[[Draw, Village, str, int], None]


def _other_lines(draw: Draw, village: Village, name: str, place: int) -> None:
    functions = village.modules[name]
    functions[place] = replace(functions[place], lines=_lines(draw, tuple(village.modules)))


def _less(draw: Draw, village: Village, name: str, place: int) -> None:
    functions = village.modules[name]
    functions[place] = replace(functions[place], lines=functions[place].lines[1:])


def _more(draw: Draw, village: Village, name: str, place: int) -> None:
    functions = village.modules[name]
    more = Line(draw(st.sampled_from(OPERATIONS)))
    functions[place] = replace(functions[place], lines=(*functions[place].lines, more))


def _renamed(draw: Draw, village: Village, name: str, place: int) -> None:
    functions = village.modules[name]
    functions[place] = replace(functions[place], name=draw(st.sampled_from(FUNCTIONS)))


def _moved(draw: Draw, village: Village, name: str, place: int) -> None:
    function = village.modules[name].pop(place)
    village.modules[draw(st.sampled_from(tuple(village.modules)))].append(function)


def _decorated(draw: Draw, village: Village, name: str, place: int) -> None:
    functions = village.modules[name]
    functions[place] = replace(functions[place], decorator=draw(st.sampled_from(WRAPPERS)))


def _annotated(draw: Draw, village: Village, name: str, place: int) -> None:
    functions = village.modules[name]
    functions[place] = replace(functions[place], is_annotated=not functions[place].is_annotated)


def _coroutine(draw: Draw, village: Village, name: str, place: int) -> None:
    functions = village.modules[name]
    functions[place] = replace(functions[place], is_coroutine=not functions[place].is_coroutine)


def _gives_another(draw: Draw, village: Village, name: str, place: int) -> None:
    functions = village.modules[name]
    functions[place] = replace(functions[place], gives=draw(st.sampled_from(MODULES)))


def _ignored(draw: Draw, village: Village, name: str, place: int) -> None:
    functions = village.modules[name]
    ignore = draw(st.sampled_from(IGNORES))
    lines = tuple(replace(line, ignore=ignore) for line in functions[place].lines)
    functions[place] = replace(functions[place], lines=lines)


def _deleted(draw: Draw, village: Village, name: str, place: int) -> None:
    if len(village.modules) > 2:
        village.away[name] = village.modules.pop(name)


def _restored(draw: Draw, village: Village, name: str, place: int) -> None:
    if village.away:
        back = draw(st.sampled_from(tuple(village.away)))
        village.modules[back] = village.away.pop(back)


_CHANGES: Final[tuple[Change, ...]] = (
    _other_lines,
    _other_lines,
    _less,
    _more,
    _renamed,
    _moved,
    _decorated,
    _annotated,
    _coroutine,
    _gives_another,
    _ignored,
    _deleted,
    _restored,
    _restored,
)


def _function(draw: Draw, modules: tuple[str, ...]) -> Function:
    return Function(
        name=draw(st.sampled_from(FUNCTIONS)),
        lines=_lines(draw, modules),
        is_coroutine=draw(st.booleans()),
        is_annotated=draw(st.booleans()),
        is_method=draw(st.booleans()),
        decorator=draw(st.sampled_from(WRAPPERS)),
        gives=draw(st.sampled_from(modules)),
    )


def _lines(draw: Draw, modules: tuple[str, ...]) -> tuple[Line, ...]:
    return tuple(_line(draw, modules) for _ in range(draw(st.integers(1, 3))))


def _line(draw: Draw, modules: tuple[str, ...]) -> Line:
    module, name = draw(st.sampled_from(modules)), draw(st.sampled_from(FUNCTIONS))
    text = draw(
        st.sampled_from(
            (
                "time.sleep(1)",
                f"{module}.{name}()",
                f"{module}.{name}()",
                f"{name}()",
                f"{module}.{name}().{draw(st.sampled_from(FUNCTIONS))}()",
                f"{module}.Box().{name}()",
                f"box = {module}.Box(); box.{name}",
                f"if {module}.Box(): pass",
                f"print({module}.{name})",
                f"await {module}.{name}()",
                f"await {module}.Box().{name}()",
                f"for each in {module}.{name}(): pass",
                f"asyncio.create_task({module}.{name}())",
                f"await asyncio.to_thread({module}.{name})",
                f"{module}.shared.{name}()",
                f"{module}.also()",
            )
        )
    )
    return Line(text, f"{module}.{name}")


def _module(name: str, functions: list[Function]) -> str:
    used = {line.calls.partition(".")[0] for function in functions for line in function.lines}
    used |= {function.gives for function in functions}
    lines = ["import asyncio", "import time", "from decorators import in_thread, logged"]
    lines += [f"import {module}" for module in sorted(used - {"", name})]
    lines += _other_names(name, functions[-1:])
    lines += ["", "", "class Box:"]
    # Of two functions with the same name, mypy's daemon forgets the errors of one.
    functions = list({(each.name, each.is_method): each for each in functions}.values())
    methods = [function for function in functions if function.is_method]
    for method in methods:
        lines += [f"    {line}" for line in _definition(name, method, "self")]
    if not methods:
        lines.append("    pass")
    for function in functions:
        if not function.is_method:
            lines += ["", "", *_definition(name, function, "")]
    return "\n".join(lines) + "\n"


def _other_names(module: str, functions: list[Function]) -> Iterator[str]:
    """What a module has of others, under names of its own."""
    for function in functions:
        other, _, name = function.lines[0].calls.partition(".") if function.lines else ("", "", "")
        if other not in {"", module}:
            yield f"from {other} import {name} as also"
        if function.gives != module:
            yield f"shared = {function.gives}.Box()"


def _definition(module: str, function: Function, parameters: str) -> Iterator[str]:
    if function.decorator:
        yield f"@{function.decorator}"
    box = "Box" if function.gives == module else f"{function.gives}.Box"
    result = f" -> '{box}'" if function.is_annotated else ""
    yield f"{'async ' if function.is_coroutine else ''}def {function.name}({parameters}){result}:"
    for line in function.lines:
        text = line.text.replace(f"{module}.", "")
        yield f"    {text}{line.ignore}"
    yield f"    return {box}()"
