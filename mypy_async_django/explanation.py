"""Error messages that several rules share."""

from collections.abc import Callable, Mapping, Sequence
from functools import partial
from typing import Final

from mypy.errorcodes import ErrorCode
from mypy.nodes import CallExpr, Expression

from mypy_async_django import suggestion
from mypy_async_django.catalogue.builtin import Use
from mypy_async_django.catalogue.row import Effect
from mypy_async_django.finding import EFFECTS, Finding, Note, quoted
from mypy_async_django.index.coroutines.hosted import way_out
from mypy_async_django.index.matches.matches import Match
from mypy_async_django.index.matches.transitive_effects import ReachedEffect
from mypy_async_django.index.state.cache_updates import CacheUpdate
from mypy_async_django.index.state.races import Race
from mypy_async_django.index.syntax.body import Body
from mypy_async_django.index.syntax.operations import Read

#: An operation without a call, as the subject of a sentence.
USES: Final[Mapping[Use, str]] = {
    Use.ITERATE: "Iterating over",
    Use.LENGTH: "Taking the length of",
    Use.TRUTH: "Testing",
    Use.CONTAINS: "Searching",
    Use.INDEX: "Indexing",
    Use.ASSIGN: "Assigning to",
    Use.ASSIGN_ITEM: "Assigning an item of",
    Use.DELETE_ITEM: "Deleting an item of",
    Use.FORMAT: "Formatting",
    Use.EQUAL: "Comparing",
    Use.ENTER: "Entering",
    Use.COPY: "Copying",
    Use.LINK: "Linking to",
}

#: The most steps of a call chain that are shown: the first and the last ones.
_MOST_STEPS: Final = 10


def inside(body: Body) -> str:
    """The function that an error is in, as the end of a message."""
    if way_out(body) is not None:
        return f'in "{body.name}", which runs on the event loop'
    kind = "async function" if body.is_coroutine else "function"
    return f'in {kind} "{body.name}"'


def explained(code: ErrorCode, body: Body, matched: Match) -> Finding:
    """The finding for an operation in the catalogue: what it does, where, and its replacement."""
    effect = f"{EFFECTS[matched.api.effect]} {inside(body)}"
    if matched.api.when:
        effect += f", when {matched.api.when}"
    node: Expression
    match matched.operation:
        case CallExpr() as node:
            subject = quoted(body.source.text(node.callee))
            notes: tuple[str | Note, ...] = (suggestion.for_call(body, node, matched.api),)
        case Read(node=node) as read:
            subject = quoted(body.source.text(node))
            notes = (suggestion.for_read(body, read, matched.api),)
        case use:
            node = use.value
            subject = f"{USES[use.use]} {quoted(body.source.text(node))}"
            notes = suggestion.for_use(body, use, matched.api)
    return Finding(code, node, f"{subject} {effect}", notes)


def reaching(code: ErrorCode, body: Body, found: ReachedEffect, effect: Effect) -> Finding:
    """The finding for a call that runs an operation through other functions, with each step."""
    called = found.called
    return Finding(
        code,
        found.node,
        f'{operation(body, found.node, called.use)} {inside(body)} runs "{found.path[-1]}", '
        f"which {EFFECTS[effect]}",
        (
            *steps(body, found.path[:-1], found.path[-1]),
            suggestion.for_reached(body, called, effect, found.path[-1]),
        ),
    )


def operation(body: Body, node: Expression, use: Use | None = None) -> str:
    """What code does at a node, as the subject of a message."""
    if use is not None:
        return f"{USES[use]} {quoted(body.source.text(node))}"
    if isinstance(node, CallExpr):
        return f"Call to {quoted(body.source.text(node.callee))}"
    return f"Accessing {quoted(body.source.text(node))}"


def steps(body: Body, path: Sequence[str], operation: str | None = None) -> tuple[Note, ...]:
    """The notes for a chain of calls: each function with its file, then the operation."""
    chain: list[Callable[[], Note]] = [partial(_step, body, function) for function in path]
    if operation is not None:
        chain.append(partial(Note, operation))
    if len(chain) > _MOST_STEPS:
        half = _MOST_STEPS // 2
        left_out = partial(Note, f"... {len(chain) - 2 * half} more calls ...")
        chain = [*chain[:half], left_out, *chain[-half:]]
    notes = [note() for note in chain]
    return (notes[0], *(note._replace(text=f"-> {note.text}") for note in notes[1:]))


def _step(body: Body, function: str) -> Note:
    """A function of the project by its name and file."""
    file = body.effects.file(function) if body.effects is not None else ""
    if body.effects is None or not file:
        return Note(function)
    return Note(f"{body.effects.short(function)} ({file})", function=function, path=file)


def lost_update(code: ErrorCode, body: Body, race: Race) -> Finding:
    """The finding for a race, with notes at the read and at the await where those are elsewhere."""
    target = quoted(body.source.text(race.target))
    waits = f"an {race.waits_by}" if race.waits_by[0] == "a" else f"a {race.waits_by}"
    kind, done = ("race", "tested") if race.is_guard else ("lost update", "read")
    notes = [
        Note(text, node)
        for text, node in (
            (f"{target} is {done} here, before the {race.waits_by}", race.read),
            (f"Other tasks may change {target} during this {race.waits_by}", race.pause),
        )
        if node.line != race.write.line
    ]
    return Finding(
        code,
        race.write,
        f"Possible {kind} {inside(body)}: {target} is {done} before {waits} and written after it",
        (*notes, suggestion.for_race(body, race)),
    )


_ONE_STEP: Final = (
    'Use one step of the cache, such as "await cache.aincr(...)" or "await cache.aadd(...)", '
    "or hold a lock that all processes share"
)


def lost_cache_update(code: ErrorCode, body: Body, found: CacheUpdate) -> Finding:
    """The finding for a cache key that is read, changed and written back."""
    key = quoted(body.source.text(found.key))
    is_elsewhere = found.read.line != found.write.line
    return Finding(
        code,
        found.write,
        f"Possible lost update {inside(body)}: the cache key {key} is read before an await and "
        "written after it",
        (
            *([Note(f"{key} is read here", found.read)] if is_elsewhere else ()),
            _ONE_STEP,
        ),
    )
