"""Where the plugin may disagree with a run, on purpose or knowingly, and why."""

import ast
import builtins
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import cache
from typing import Final

import django
from verdicts import Program, Verdict, names_in

_ONE: Final = r"(?:author|co_author|publisher|profile|book|content_type)"
_COLUMN: Final = r"(?:name|title|pages|label|bio|text|model)"
_OF_ITEM: Final = re.compile(rf"\bitem\.{_ONE}")
_PREFETCH_BEHIND: Final = re.compile(r"\d\.\w+\..*prefetch_related\([^)]*__")
#: A relation or a column of an instance, or a chain of them.
_READ: Final = re.compile(rf"\b(?!item\b)[a-z]\w*(?:\.(?:{_ONE}|{_COLUMN})\b)+")
_READ_BY_NAME: Final = re.compile(r"\b\w+attr\((\w+), \"(\w+)\"")
#: The last line of a story reads a relation or a column, or uses rows that may be prefetched.
_ON_INSTANCE: Final = re.compile(
    rf"\.(?:{_ONE}|{_COLUMN})(?:_id)?\b|attr\(|\.all\(\)|\.get_absolute_url\(\)"
)
_SAME: Final = re.compile(
    r"\s*(?:(?:async )?for (?P<item>\w+) in (?P<rows>\w+):|(?P<new>\w+) = (?P<old>\w+)(\[0\])?)$"
)
#: Methods of the models' own: who calls them hands the instance to them.
_OWN: Final = frozenset({"get_absolute_url", "touch"})
_TAKERS: Final = frozenset({"asyncio", "copy", "pickle"})


@dataclass(frozen=True, slots=True)
class Limit:
    """A disagreement that is allowed, and how to tell it."""

    name: str
    reason: str
    applies: Callable[[Verdict], bool]


def limit_of(verdict: Verdict) -> Limit | None:
    """The limit that allows a disagreement."""
    return next((limit for limit in LIMITS if limit.applies(verdict)), None)


def _key_missed_with(pattern: str, key: str) -> Callable[[Verdict], bool]:
    """As `_missed_with`, for a line that reads such a key."""
    missed, found = _missed_with(pattern), re.compile(rf"\b(?:{key})(?:_id)?\b")
    return lambda verdict: missed(verdict) and bool(found.search(verdict.line.annotated))


def _read_of_listed(verdict: Verdict) -> bool:
    """A line reads of all instances of a list what was read of one or all of them before."""
    before = verdict.program[: verdict.index]
    raised = [
        line.annotated
        for line, ran in zip(before, verdict.outcomes, strict=False)
        if ran == "raised"
    ]
    reads = {
        read.partition(".")[2] for line in raised for read in (*_reads(line), *_of_items(line))
    }
    mine = {name.partition(".")[2] for name in _of_items(verdict.line.annotated)}
    return verdict.is_missed and "_list" in verdict.line.annotated and bool(reads & mine)


def _of_items(text: str) -> list[str]:
    return [] if "_list" not in text else _OF_ITEM.findall(text)


def _never_refreshed(verdict: Verdict) -> bool:
    """A refresh raised, or was not come to, and the coroutine went on all the same."""
    lines = (*verdict.lines("raised"), *verdict.lines(None))
    return verdict.is_false and any("refresh_from_db(" in line for line in lines)


def _refreshed(verdict: Verdict) -> bool:
    """A refresh of an instance that has prefetched rows, or is a row of a queryset as well."""
    text = verdict.line.annotated
    return (
        verdict.is_missed
        and any("arefresh_from_db(" in line for line in verdict.lines("clean"))
        and (".all()" in text or bool(_OF_ITEM.search(text)))
    )


def _branches(verdict: Verdict) -> bool:
    """A line stands in a branch of a program with further ones."""
    lines = [line.annotated for line in verdict.program]
    return (
        verdict.is_missed
        and verdict.line.annotated.startswith(" " * 8)
        and sum(bool(re.match(r"\s+(if|match) .*\bflag\b", line)) for line in lines) > 1
    )


def _way_back(verdict: Verdict) -> bool:
    lines = "\n".join(line.annotated for line in verdict.program)
    return verdict.is_false and bool(_PREFETCH_BEHIND.search(lines))


def _missed_with(pattern: str) -> Callable[[Verdict], bool]:
    """A line is missed that depends on lines with such text."""
    found = re.compile(pattern)
    return lambda verdict: verdict.is_missed and bool(found.search(verdict.story()))


def _read_missed_with(pattern: str) -> Callable[[Verdict], bool]:
    """As `_missed_with`, for a line that reads what an instance has, or what may be prefetched."""
    missed = _missed_with(pattern)
    return lambda verdict: missed(verdict) and bool(_ON_INSTANCE.search(verdict.line.annotated))


def _read_again(verdict: Verdict) -> bool:
    before = {read for line in verdict.lines("raised") for read in _reads(line)}
    return verdict.is_missed and not before.isdisjoint(_reads(verdict.line.annotated))


def _reads(text: str) -> Iterator[str]:
    """The attributes of instances that a line reads: of ``a.b.c`` the ``a.b`` too."""
    for read in _READ.findall(_READ_BY_NAME.sub(r"\1.\2", text)):
        parts = read.split(".")
        yield from (".".join(parts[:end]) for end in range(2, len(parts) + 1))


def _handed_on(verdict: Verdict) -> bool:
    names = names_in(verdict.line.annotated)
    return verdict.is_missed and bool(names & _given(tuple(verdict.program)))


@cache
def _given(program: Program) -> frozenset[str]:
    """The names whose objects the program hands on, and those that stand for the same objects."""
    tree = ast.parse("\n".join(line.annotated for line in program)).body[-1]
    given = set(_given_by(tree))
    same = [match for line in program if (match := _SAME.match(line.annotated))]
    for _ in same:
        for match in same:
            pair = {name for name in match.groupdict().values() if name}
            given |= pair if pair & given else set()
    return frozenset(given)


def _given_by(program: ast.AST) -> Iterator[str]:
    for node in ast.walk(program):
        match node:
            case ast.Lambda() | ast.FunctionDef() | ast.AsyncFunctionDef() if node is not program:
                yield from (inner.id for inner in ast.walk(node) if isinstance(inner, ast.Name))
            case ast.Attribute(value=ast.Name(id=name), attr=method) if method in _OWN:
                yield name
            case ast.Call(func=function, args=args) if _takes(function):
                yield from (name for argument in args for name in _objects_in(argument))
            case ast.ListComp(
                elt=ast.Call(func=function, args=[ast.Name(id=name)]),
                generators=[ast.comprehension(target=ast.Name(id=item), iter=ast.Name(id=rows))],
            ) if name == item and _takes(function):
                yield rows
            case _:
                pass


def _takes(function: ast.expr) -> bool:
    match function:
        case ast.Name(id=name):
            return not hasattr(builtins, name)
        case ast.Attribute(value=ast.Name(id=name)):
            return name in _TAKERS or name.startswith("x")
        case _:
            return isinstance(function, ast.Call)


def _objects_in(argument: ast.expr) -> Iterator[str]:
    nodes = list(ast.walk(argument))
    looked_into = {node.value for node in nodes if isinstance(node, ast.Attribute)}
    for node in nodes:
        if isinstance(node, ast.Name) and node not in looked_into:
            yield node.id


LIMITS: tuple[Limit, ...] = (
    Limit(
        "read again",
        "what read the same attribute before has loaded it, or raised",
        _read_again,
    ),
    Limit("handed on", "who was given the object may have loaded it", _handed_on),
    Limit(
        "when",
        "the message says what it takes to raise",
        lambda verdict: verdict.is_false and all(", when " in text for text in verdict.said),
    ),
    Limit(
        "generic relation",
        "what the rows of its manager have loaded is not known",
        lambda verdict: (
            _read_missed_with(r"\.comments")(verdict)
            or _missed_with(r"\.comments\.[^\n]*$")(verdict)
        ),
    ),
    Limit(
        "one session",
        "a coroutine's sessions count as one: it is loaded once it was asked for asynchronously",
        _missed_with(r"\.session\b[^\n]*$"),
    ),
    Limit(
        "dead code",
        "a line that never ran, for one before it raised, counts as one that may have",
        lambda verdict: (
            verdict.is_missed
            and any(
                names_in(line) & names_in(verdict.line.annotated) for line in verdict.lines(None)
            )
        ),
    ),
    Limit(
        "nothing to do",
        "it depends on the rows there are, and on what they have loaded",
        lambda verdict: (
            verdict.is_false
            and bool(re.search(r"prefetch_related_objects|acreate|asave", verdict.story()))
        ),
    ),
    Limit(
        "no type",
        "mypy gets the type of sync_to_async(list) wrong",
        _missed_with(r"(?s)sync_to_async\(list\)\(.*\n(?![^\n]*objects)[^\n]*$"),
    ),
    Limit(
        "own __str__",
        "what the model's method reads is not known where it is called",
        _missed_with(r"(?s)(defer|only)\(.*(repr\(|str\(|map\(str|join\(|f\"|%|format)[^\n]*$"),
    ),
    Limit(
        "pickled",
        "pickling is not known to evaluate",
        _missed_with(r"pickle\.dumps\([^\n]*$"),
    ),
    Limit(
        "two keys",
        "with two keys to one model it is not known which of them a related manager sets",
        _key_missed_with(r"\.(books|co_written)\b", "author|co_author"),
    ),
    Limit(
        "not refreshed",
        "a refresh that raises ends the coroutine, here it goes on",
        _never_refreshed,
    ),
    Limit(
        "refreshed",
        "a refresh is not known to forget prefetched rows, nor what it forgets by another name",
        _refreshed,
    ),
    Limit("read of one", "what one instance of a list has raised for, all may", _read_of_listed),
    Limit("branches", "which ways through branches go together is not known", _branches),
    Limit(
        "way back",
        "what is prefetched beyond the way back to an instance is loaded there too",
        _way_back,
    ),
    Limit(
        "order of a loaded queryset",
        "first() asks again unless there is an order, which the model may bring",
        _missed_with(r"(?s)(async for|aiter\(|prefetch_related).*\.first\(\)[^\n]*$"),
    ),
)

if django.VERSION >= (6, 1):
    LIMITS += (
        Limit(
            "deferred parent",
            "rows of a related manager know their parent only with its key",
            _key_missed_with(r"\.(authors|books|co_written)\b.*\.(only|defer)\(", _ONE),
        ),
    )
