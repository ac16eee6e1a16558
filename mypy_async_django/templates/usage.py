"""What a template does to its context, through the templates that it extends and includes."""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import suppress
from typing import Final, NamedTuple, Protocol

from mypy_async_django.catalogue.builtin import Use
from mypy_async_django.catalogue.template_language import (
    NOTHING,
    PASSING,
    READING,
    SAME_ITEMS,
    TESTING,
    TRANSPARENT,
    USING,
)
from mypy_async_django.templates.libraries import Library, OwnTag
from mypy_async_django.templates.syntax import (
    PRINTED,
    Tag,
    assigned,
    constant,
    piped,
    read,
    variable,
)

ITEM: Final = "[]"
"""The step of a path from a value to one of its items."""

OWN_TAG: Final = "{%"
"""The name of a use that runs a function of a tag library.

Its path holds the function's full name and, if an inclusion tag's template uses what the function
returns, the name in the context of that and the path from there.
"""

GIVEN: Final = "|"
"""The first character of a step to what a function of a tag library makes of a value.

The full name of the function follows, a colon, and the parameter that gets the value.
"""

_DEEPEST: Final = 30
#: Templates that one question reads.
_MOST: Final = 200
#: In a scope: no name of the context is visible but those in the scope.
_ALL_OTHERS: Final = ""
#: Names that tags provide.
_PROVIDED: Final = frozenset({"block", "forloop"})
_OPERATORS: Final = frozenset({"!=", "<", "<=", "==", ">", ">=", "and", "in", "is", "not", "or"})


class ContextUse(NamedTuple):
    """One use of a name of the context.

    ``path`` are the attributes from there, `ITEM` for an item. ``use`` is what is done with the
    value at its end, None if it is only read. ``template`` is the name of the template where it
    stands, ``text`` how it is written there. ``is_swallowed`` says that the template swallows
    exceptions of it, as ``{% if %}`` does where it has an operator.
    """

    name: str
    path: tuple[str, ...]
    use: Use | None
    template: str
    text: str
    is_swallowed: bool = False


class UnknownTemplateError(Exception):
    """A template that is needed cannot be read."""


Value = tuple[str, tuple[str, ...]] | None
"""A name of the context with the path from there; None for what is none of its values."""


class Source(Protocol):
    """Where templates and tag libraries are found."""

    def text(self, name: str) -> str | None:
        """The text of a template by its name; None where it is not found."""
        ...

    def library(self, name: str) -> Library:
        """The tags and filters of a library; those of the built-in ones for an empty name."""
        ...


def uses_of(name: str, source: Source) -> tuple[ContextUse, ...]:
    """What the template of a name does to its context.

    Raises UnknownTemplateError if it, or one that it extends, is not found.
    """
    return tuple(_Reader(source).template(name))


def uses_of_text(text: str, source: Source) -> tuple[ContextUse, ...]:
    """As `uses_of`, of a template that is given as text."""
    return tuple(_Reader(source).chain("", read(text)))


class _Reader:
    """Follows one template; ``blocks`` are those of the templates that extend the current one."""

    def __init__(self, source: Source, above: "_Reader | None" = None) -> None:
        self._source = source
        self._depth: int = above._depth + 1 if above else 0
        # Templates with what they get: each is read once, also if it includes itself.
        self._done: set[tuple[str, frozenset[tuple[str, Value]]]] = above._done if above else set()
        self._blocks: dict[str, list[tuple[str, Tag]]] = {}
        self._tags: dict[str, OwnTag] = dict(source.library(""))

    def template(
        self, name: str, scope: "Mapping[str, Value] | None" = None
    ) -> Iterator[ContextUse]:
        text = self._source.text(name)
        if text is None or self._depth > _DEEPEST or len(self._done) >= _MOST:
            raise UnknownTemplateError(name)
        done = name, frozenset((scope or {}).items())
        if done in self._done:
            return
        self._done.add(done)
        yield from self.chain(name, read(text), scope)

    def chain(
        self, name: str, tags: Sequence[Tag], scope: "Mapping[str, Value] | None" = None
    ) -> Iterator[ContextUse]:
        """A template with those that it extends: their text, with its blocks."""
        seen = {name}
        while (parent := next((tag for tag in tags if tag.name == "extends"), None)) is not None:
            self._collect(name, tags)
            base = constant(parent.words[0]) if parent.words else None
            text = self._source.text(base) if base is not None and base not in seen else None
            if base is None or text is None:
                raise UnknownTemplateError(base or name)
            seen.add(base)
            name, tags = base, read(text)
        yield from self._all(tags, name, dict(scope or {}))

    def _collect(self, name: str, tags: Sequence[Tag]) -> None:
        for tag in tags:
            if tag.name == "block" and tag.words:
                self._blocks.setdefault(tag.words[0], []).append((name, tag))
            if tag.body is not None:
                self._collect(name, tag.body)

    def _all(self, tags: Sequence[Tag], name: str, scope: dict[str, Value]) -> Iterator[ContextUse]:
        for tag in tags:
            yield from self._tag(tag, name, scope)

    def _tag(self, tag: Tag, name: str, scope: dict[str, Value]) -> Iterator[ContextUse]:
        words = tag.words
        match tag.name:
            case "{{":
                yield from self._used(words[0], name, scope, Use.FORMAT)
            case "load":
                for library in words[words.index("from") + 1 :] if "from" in words else words:
                    self._tags.update(self._source.library(library))
            case "block" if words:
                yield from self._block(tag, name, scope)
            case "for" if "in" in words:
                yield from self._loop(tag, name, scope)
            case "if" | "elif":
                yield from self._condition(words, name, scope)
                yield from self._all(tag.body or (), name, dict(scope))
            case "with":
                inner = dict(scope)
                for target, expression in assigned(words).items():
                    yield from self._used(expression, name, scope, None)
                    inner[target] = self._value(expression, scope)
                yield from self._all(tag.body or (), name, inner)
            case "include" if words:
                yield from self._include(words, name, scope)
            case "regroup" if len(words) == 5:
                yield from self._used(words[0], name, scope, Use.ITERATE)
                if value := self._value(words[0], scope):
                    steps = (*value[1], ITEM, *variable(words[2]))
                    yield ContextUse(value[0], steps, None, name, words[2])
                scope[words[4]] = None
            case "cycle" | "firstof":
                for word in words[: words.index("as")] if "as" in words else words:
                    yield from self._used(word, name, scope, Use.FORMAT)
            case _ if tag.name in NOTHING:
                pass
            case _ if tag.name in READING or tag.name in TRANSPARENT:
                inner = dict(scope)
                for word in words[: words.index("as")] if "as" in words else words:
                    expression = word.partition("=")[2] or word
                    yield from self._used(expression, name, scope, None)
                for target, expression in assigned(words).items():
                    inner[target] = self._value(expression, scope)
                    if tag.body is None:
                        scope[target] = None
                yield from self._all(tag.body or (), name, inner)
            case _:
                yield from self._own(tag, name, scope)

    def _own(self, tag: Tag, name: str, scope: dict[str, Value]) -> Iterator[ContextUse]:
        """A tag of the project's or of a package's: what it does, its function tells."""
        own, words = self._tags.get(tag.name), tag.words
        if "as" in words[:-1]:
            scope[words[words.index("as") + 1]] = None
            words = words[: words.index("as")]
        if own is None:
            scope.update(dict.fromkeys(assigned(words)))
            return
        text = f"{{% {tag.name} %}}"
        yield ContextUse(OWN_TAG, (own.function,), None, name, text)
        given: dict[str, Value] = {}
        for position, word in enumerate(words):
            keyword, equals, expression = word.partition("=")
            is_named = bool(equals) and keyword.isidentifier()
            parameter = keyword if is_named else "".join(own.parameters[position : position + 1])
            expression = expression if is_named else word
            yield from self._used(expression, name, scope, None)
            if (value := self._value(expression, scope)) is not None and parameter:
                given[parameter] = value
                yield _given(value, own, parameter, name, expression)
        if own.template is not None:
            yield from self._inclusion(own, given)

    def _inclusion(self, own: OwnTag, given: Mapping[str, Value]) -> Iterator[ContextUse]:
        """What the template of an inclusion tag does to what its function puts in the context."""
        scope: dict[str, Value] = {
            name: given.get(parameter) if parameter else (OWN_TAG, (own.function, name))
            for name, parameter in own.context.items()
        }
        reader = _Reader(self._source, self)
        with suppress(UnknownTemplateError):
            yield from reader.template(own.template or "", {_ALL_OTHERS: None, **scope})

    def _block(self, tag: Tag, name: str, scope: dict[str, Value]) -> Iterator[ContextUse]:
        """The block of the outermost template that has it, with those below it if it asks for them."""
        chain = [*self._blocks.get(tag.words[0], ()), (name, tag)]
        for owner, block in chain:
            body = block.body or ()
            yield from self._all(body, owner, dict(scope))
            if not _asks_for_super(body):
                return

    def _loop(self, tag: Tag, name: str, scope: dict[str, Value]) -> Iterator[ContextUse]:
        at = tag.words.index("in")
        targets = [word for part in tag.words[:at] for word in part.split(",") if word]
        expression = next(iter(tag.words[at + 1 :]), "")
        yield from self._used(expression, name, scope, Use.ITERATE)
        value = self._value(expression, scope)
        item = (value[0], (*value[1], ITEM)) if value else None
        inner = {**scope, "forloop": None}
        for target in targets:
            inner[target] = item if len(targets) == 1 else None
        yield from self._all(tag.body or (), name, inner)

    def _condition(
        self, words: Sequence[str], name: str, scope: dict[str, Value]
    ) -> Iterator[ContextUse]:
        """The operands of ``{% if %}``: where there is an operator, it swallows their exceptions."""
        is_swallowed = any(word in _OPERATORS for word in words)
        before = ""
        for word in words:
            if word not in _OPERATORS:
                use = Use.CONTAINS if before == "in" else Use.TRUTH
                for found in self._used(word, name, scope, use):
                    yield found._replace(is_swallowed=is_swallowed)
            before = word

    def _include(
        self, words: tuple[str, ...], name: str, scope: dict[str, Value]
    ) -> Iterator[ContextUse]:
        given: dict[str, Value] = {}
        for target, expression in assigned(words[1:]).items():
            yield from self._used(expression, name, scope, None)
            given[target] = self._value(expression, scope)
        included = constant(words[0])
        if included is None:
            return
        inner = {_ALL_OTHERS: None, **given} if "only" in words else {**scope, **given}
        reader = _Reader(self._source, self)
        try:
            yield from reader.template(included, inner)
        except UnknownTemplateError:
            return

    def _used(
        self, expression: str, name: str, scope: Mapping[str, Value], use: Use | None
    ) -> Iterator[ContextUse]:
        """What a filter expression does to the context, with what is done to its value."""
        word, filters = piped(expression)
        value = _resolved(word, scope)
        for each in filters:
            own = self._tags.get(each.name) if value is not None else None
            if value is not None and own is not None:
                yield ContextUse(OWN_TAG, (own.function,), None, name, f"{word}|{each.name}")
                yield _given(value, own, own.parameters[0], name, f"{word}|{each.name}")
            elif value is not None:
                done = Use.TRUTH if each.name in TESTING else USING.get(each.name)
                if done is not None or each.name not in PASSING:
                    yield ContextUse(*value, done, name, word)
                if each.name.startswith("dictsort") and each.argument:
                    key = constant(each.argument) or ""
                    yield ContextUse(value[0], (*value[1], ITEM, *variable(key)), None, name, key)
            argument = _resolved(each.argument, scope) if each.argument else None
            if argument is not None and each.argument:
                yield ContextUse(*argument, None, name, each.argument)
            value = _after(value, each.name)
        if value is not None:
            yield ContextUse(*value, use, name, word)

    def _value(self, expression: str, scope: Mapping[str, Value]) -> Value:
        word, filters = piped(expression)
        value = _resolved(word, scope)
        for each in filters:
            value = _after(value, each.name)
        return value


def _given(
    value: tuple[str, tuple[str, ...]], own: OwnTag, parameter: str, template: str, text: str
) -> ContextUse:
    """A use that gives a value to a function of a tag library."""
    step = f"{GIVEN}{own.function}:{parameter}"
    return ContextUse(value[0], (*value[1], step), None, template, text)


def _after(value: Value, filter_name: str) -> Value:
    """The result of a filter, if it is a value of the context or has the items of one."""
    if value is None or filter_name in PASSING:
        return value
    if filter_name in SAME_ITEMS:
        is_one = not filter_name.startswith("dictsort")
        return (value[0], (*value[1], ITEM)) if is_one else None
    return None


def _resolved(word: str, scope: Mapping[str, Value]) -> Value:
    name, *steps = variable(word) or ("",)
    if not name.replace("-", "_").isidentifier():
        return None
    if name not in scope:
        return None if name in _PROVIDED or _ALL_OTHERS in scope else (name, tuple(steps))
    value = scope[name]
    return value and (value[0], (*value[1], *steps))


def _asks_for_super(tags: Sequence[Tag]) -> bool:
    return any(
        (tag.name == PRINTED and tag.words[0].startswith("block.super"))
        or _asks_for_super(tag.body or ())
        for tag in tags
    )
