"""Composes programs: coroutines over the shop's models, from templates and a seed.

A template is one line or several of a program. ``{...}`` stands for something of its own kind, the
same within one template:

    {query} a queryset, {manager} one or a manager, {rows} something to iterate that is lazy,
    {root} a queryset from a model's manager, {row} an instance, {list} a list of instances,
    {one} {many} {column} {key} {own} an attribute of {row}, {other} an attribute behind {one},
    {helper} a function, {taker} one that is given a {row}, {class} a class; {model} a model,
    {new_query}, {new_row} and the like the name of a new one; {x} any new name.

A line that ends in a colon is followed by a block made of further templates, unless the template
has its own.
"""

import random
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from string import Formatter
from typing import Final

from templates import BLOCKS, HELPERS, IMPORTS, ROWS, STATEMENTS, Template


@dataclass(frozen=True, slots=True)
class Model:
    """A model: its manager, columns, relations to one row and to many, and how to make one.

    ``own`` are the properties and methods of its own.
    """

    manager: str
    columns: tuple[str, ...]
    one: Mapping[str, str]
    many: Mapping[str, str]
    made: str = ""
    own: tuple[str, ...] = ()


MODELS: Final = {
    "Publisher": Model(
        "Publisher.objects", ("name",), {}, {"authors": "Author", "books": "Book"}, 'name="New"'
    ),
    "Author": Model(
        "Author.objects",
        ("name",),
        {"publisher": "Publisher", "profile": "Profile"},
        {"books": "Book", "co_written": "Book"},
        'name="New", publisher_id=1',
        ("latest_title",),
    ),
    "Book": Model(
        "Book.objects",
        ("title", "pages"),
        {"author": "Author", "co_author": "Author", "publisher": "Publisher"},
        {"tags": "Tag", "reviews": "Review", "comments": "Comment"},
        'title="New", author_id=1, co_author_id=2, publisher_id=1',
        ("get_absolute_url()",),
    ),
    "Tag": Model("Tag.objects", ("label",), {}, {"books": "Book"}, 'label="New"'),
    "Comment": Model("Comment.objects", ("text",), {"content_type": "ContentType"}, {}),
    "ContentType": Model("ContentType.objects", ("model",), {}, {}),
    "Profile": Model("Profile.objects", ("bio",), {"author": "Author"}, {}),
    "Review": Model(
        "Review.objects", ("text",), {"book": "Book"}, {}, 'text="New", book_id=1', ("touch()",)
    ),
}
#: Relations to one row whose key is in the other table.
_REVERSE: Final = frozenset({"profile"})
#: What is chosen first decides the model.
_ORDER: Final = {
    name: place
    for place, name in enumerate(
        [
            *("row", "list", "query", "root", "rows", "manager"),
            *("new_taker", "taker", "one", "many", "column", "key", "own", "other", "model"),
            *("made", "helper"),
        ]
    )
}
_START: Final = (
    "Book",
    "Book",
    "Book",
    "Author",
    "Author",
    "Profile",
    "Review",
    "Publisher",
    "Tag",
)


@dataclass(frozen=True, slots=True)
class Line:
    """A line of a program as annotated code, and without annotations."""

    annotated: str
    bare: str


@dataclass(frozen=True, slots=True)
class Names:
    """The names that a statement may use, with their models."""

    queries: Mapping[str, str] = field(default_factory=dict)
    rows: Mapping[str, str] = field(default_factory=dict)
    lists: Mapping[str, str] = field(default_factory=dict)
    takers: Mapping[str, str] = field(default_factory=dict)
    helpers: tuple[str, ...] = ()
    classes: tuple[str, ...] = ()

    def and_one(self, kind: str, name: str, model: str) -> "Names":
        """These names and one more of a kind."""
        match kind:
            case "queries":
                return replace(self, queries={**self.queries, name: model})
            case "rows":
                return replace(self, rows={**self.rows, name: model})
            case "lists":
                return replace(self, lists={**self.lists, name: model})
            case "takers":
                return replace(self, takers={**self.takers, name: model})
            case "classes":
                return replace(self, classes=(*self.classes, name))
            case _:
                return replace(self, helpers=(*self.helpers, name))


class MissingError(Exception):
    """A template asks for what there is not."""


def program(number: int) -> list[Line]:
    """The program with this number: helpers, then a coroutine."""
    return list(_Writer(number).lines())


def start(number: int) -> str:
    """The first line of the program with this number: a view, as far as its request goes."""
    return f"async def program_{number}(flag: bool, request: HttpRequest) -> None:"


def module(programs: Sequence[Sequence[Line]]) -> list[Line]:
    """Programs as one module."""
    return [
        *(Line(text, text) for text in IMPORTS.splitlines()),
        *(line for program in programs for line in program),
    ]


class _Writer:
    def __init__(self, number: int) -> None:
        self.random = random.Random(number)
        self.number = number
        self.counter = 0
        self.names = Names()
        self.written: list[Line] = []

    def lines(self) -> Iterator[Line]:
        for _ in range(self.random.choice((0, 0, 1, 1, 2))):
            self.try_to_add(HELPERS, "")
        self.add_line(start(self.number))
        self.try_to_add(ROWS, "    ")
        for _ in range(self.random.randrange(4, 9)):
            self.statement("    ", deep=0)
        self.add_line("    pass")
        yield from self.written

    def statement(self, indent: str, deep: int) -> None:
        kinds = (ROWS, STATEMENTS, STATEMENTS, STATEMENTS, *([BLOCKS] if deep < 2 else []))
        self.try_to_add(self.random.choice(kinds), indent, deep)

    def try_to_add(self, templates: tuple[Template, ...], indent: str, deep: int = 0) -> None:
        weights = [template.weight for template in templates]
        while True:
            template = self.random.choices(templates, weights)[0]
            filling = _Filling(self)
            try:
                text = filling.text(template.text)
            except MissingError:
                continue
            self.add(text, filling, template, indent, deep)
            return

    def add(
        self, text: str, filling: "_Filling", template: Template, indent: str, deep: int
    ) -> None:
        outside = self.names
        for line in text.splitlines():
            if line.strip() == "...":
                inside = indent + line[: len(line) - len(line.lstrip())]
                before = self.names
                self.names = filling.named(self.names)
                for _ in range(self.random.choice((1, 1, 2))):
                    self.statement(inside, deep + 1)
                self.names = before
            else:
                self.add_line(indent + line)
        self.names = outside if template.local else filling.named(outside)

    def add_line(self, text: str) -> None:
        self.written.append(written(text))


def written(text: str) -> Line:
    """A line with its twin without annotations."""
    is_definition = text.lstrip().startswith(("def ", "async def "))
    return Line(text, _without_annotations(text) if is_definition else text)


def _without_annotations(text: str) -> str:
    head, _, rest = text.partition("(")
    parameters, _, _ = rest.rpartition(")")
    names = [part.partition(":")[0].strip() for part in parameters.split(",")]
    return f"{head}({', '.join(names)}):"


class _Filling(dict[str, str]):
    """What the fields of one template stand for, worked out when asked for."""

    def __init__(self, writer: _Writer) -> None:
        super().__init__()
        self._writer = writer
        self._random = writer.random
        self._names = writer.names
        self._model = ""
        self._one = ""
        self._new: list[tuple[str, str, str]] = []

    def __missing__(self, name: str) -> str:
        made: str = getattr(self, f"_fill_{name.rstrip('_')}")()
        self[name] = made
        return made

    def text(self, template: str) -> str:
        """The template filled in: what there is comes first, then what hangs on it."""
        fields = [name for _, name, _, _ in Formatter().parse(template) if name]
        for name in sorted(fields, key=lambda name: _ORDER.get(name, len(_ORDER))):
            self[name]
        return template.format_map(self)

    def named(self, names: Names) -> Names:
        """The names there are after the template."""
        for kind, name, model in self._new:
            names = names.and_one(kind, name, model)
        return names

    def _pick(self, names: Mapping[str, str]) -> str:
        fitting = [name for name, model in names.items() if self._model in ("", model)]
        if not fitting:
            raise MissingError
        name = self._random.choice(fitting)
        self._model = names[name]
        return name

    def _name(self, kind: str) -> str:
        self._writer.counter += 1
        return f"{kind}{self._writer.counter}"

    def _make(self, kind: str, prefix: str) -> str:
        name = self._name(prefix)
        self._new.append((kind, name, self._model))
        return name

    # New names

    def _fill_x(self) -> str:
        return self._name("x")

    def _fill_new_query(self) -> str:
        return self._make("queries", f"{self._model.lower()}_rows")

    def _fill_new_row(self) -> str:
        return self._make("rows", self._model.lower())

    def _fill_new_other(self) -> str:
        name = self._name(self._one_model().lower())
        self._new.append(("rows", name, self._one_model()))
        return name

    def _fill_new_list(self) -> str:
        return self._make("lists", f"{self._model.lower()}_list")

    def _fill_new_helper(self) -> str:
        name = f"helper_{self._writer.number}_{len(self._names.helpers)}"
        self._new.append(("helpers", name, ""))
        return name

    def _fill_new_taker(self) -> str:
        self._model = self._random.choice(("Author", "Book"))
        return self._make("takers", f"helper_{self._writer.number}_")

    def _fill_new_class(self) -> str:
        return self._make("classes", f"Shelf_{self._writer.number}_")

    # Names that are there

    def _fill_row(self) -> str:
        return self._pick(self._names.rows)

    def _fill_list(self) -> str:
        return self._pick(self._names.lists)

    def _fill_helper(self) -> str:
        if not self._names.helpers:
            raise MissingError
        return self._random.choice(self._names.helpers)

    def _fill_taker(self) -> str:
        return self._pick(self._names.takers)

    def _fill_class(self) -> str:
        return self._attribute(self._names.classes)

    # Attributes

    def _fill_own(self) -> str:
        return self._attribute(MODELS[self._model].own)

    def _attribute(self, names: Mapping[str, str] | tuple[str, ...]) -> str:
        if not names:
            raise MissingError
        return self._random.choice(list(names))

    def _fill_one(self) -> str:
        self._one = self._attribute(MODELS[self._model].one)
        return self._one

    def _one_model(self) -> str:
        return MODELS[self._model].one[self._one]

    def _fill_many(self) -> str:
        return self._attribute(MODELS[self._model].many)

    def _fill_column(self) -> str:
        return self._attribute(MODELS[self._model].columns)

    def _fill_key(self) -> str:
        one = MODELS[self._model].one
        return self._attribute(tuple(f"{name}_id" for name in one if name not in _REVERSE))

    def _fill_other(self) -> str:
        other = MODELS[self._one_model()]
        return self._attribute((*other.columns, "pk", *other.one))

    def _fill_model(self) -> str:
        if self._one:
            return self._one_model()
        if not self._model:
            self._model = self._random.choice([m for m in _START if MODELS[m].made])
        return self._model

    def _fill_made(self) -> str:
        return self._attribute((MODELS[self._model].made,))

    # Querysets

    def _fill_query(self) -> str:
        known = [n for n, m in self._names.queries.items() if self._model in ("", m)]
        if known and self._random.random() < 0.6:
            name = self._random.choice(known)
            self._model = self._names.queries[name]
            return name
        return self._chain(self._source(), at_least=1)

    def _fill_manager(self) -> str:
        if self._random.random() < 0.5:
            return self._fill_query()
        return self._chain(self._source(), at_least=0)

    def _fill_root(self) -> str:
        return self._chain(self._from_model(), at_least=1)

    def _fill_rows(self) -> str:
        query = self._fill_query()
        if self._random.random() < 0.8:
            return query
        return query + self._random.choice(
            (".values('pk')", ".values_list('pk', flat=True)", ".iterator()")
        )

    def _source(self) -> str:
        rows = [(n, m) for n, m in self._names.rows.items() if MODELS[m].many and not self._model]
        if rows and self._random.random() < 0.25:
            name, model = self._random.choice(rows)
            relation = self._random.choice(list(MODELS[model].many))
            self._model = MODELS[model].many[relation]
            return f"{name}.{relation}"
        return self._from_model()

    def _from_model(self) -> str:
        if not self._model:
            self._model = self._random.choice(_START)
        manager = MODELS[self._model].manager
        if manager == "Book.objects" and self._random.random() < 0.2:
            return "Book.shelf"
        return manager

    def _chain(self, source: str, at_least: int) -> str:
        number = self._random.choice((at_least, 1, 1, 2, 3))
        steps = [self._step() for _ in range(number)]
        if any(step.startswith(".only") for step in steps):
            steps = [step for step in steps if not step.startswith(".select")]
        return source + "".join(steps)

    def _step(self) -> str:
        model = MODELS[self._model]
        plain = self._random.choice(
            (".all()", ".filter(pk__gt=0)", ".exclude(pk=0)", ".order_by('pk')", ".distinct()")
        )
        choice = self._random.random()
        if choice < 0.2 and model.one:
            return f".select_related({self._paths(one=True)})"
        if choice < 0.4 and (model.one or model.many):
            return f".prefetch_related({self._paths(one=False)})"
        if choice < 0.5:
            return f".only({self._random.choice(model.columns)!r})"
        if choice < 0.6:
            return f".defer({self._random.choice(model.columns)!r})"
        if choice < 0.65 and self._model == "Book":
            return ".published()" if self._random.random() < 0.5 else plain
        return plain

    def _paths(self, *, one: bool) -> str:
        return ", ".join(
            sorted({repr(self._path(one=one)) for _ in range(self._random.choice((1, 1, 2)))})
        )

    def _path(self, *, one: bool) -> str:
        model, names = self._model, []
        for _ in range(self._random.choice((1, 1, 2))):
            relations = {**MODELS[model].one, **({} if one else MODELS[model].many)}
            if not relations:
                break
            names.append(self._random.choice(list(relations)))
            model = relations[names[-1]]
        return "__".join(names)
