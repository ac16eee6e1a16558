"""The texts for people to read, made from the rules' docstrings and the catalogue's rows."""

from collections.abc import Iterable, Iterator, Mapping
from itertools import chain
from typing import Final, NamedTuple

from mypy_async_django.catalogue import django_lazy, standard_library, third_party
from mypy_async_django.catalogue.lookup import ROWS
from mypy_async_django.catalogue.offload import OFFLOADERS, Offloader
from mypy_async_django.catalogue.row import Api, Effect
from mypy_async_django.catalogue.third_party import Family
from mypy_async_django.finding import EFFECTS
from mypy_async_django.registry import RULES
from mypy_async_django.rule import Rule

#: The sections of a rule's page, in their order.
SECTIONS: Final = (
    "What it does",
    "Why is this bad?",
    "How to fix it",
    "When to ignore it",
    "Known limits",
)

#: What stands before and after the table of codes in the README.
START: Final = "<!-- codes -->"
END: Final = "<!-- /codes -->"

MADE: Final = "<!-- Made by: python3 dev.py docs -->"

_CODES: Final[Mapping[Effect, str]] = {
    Effect.RAISES: "async-unsafe",
    Effect.BLOCKS: "async-blocking",
    Effect.BLOCKS_ON_FILE: "async-blocking-file",
    Effect.NESTS: "nested-event-loop",
}

_LISTED: Final = frozenset(
    chain(django_lazy.ITERATORS, standard_library.ITERATORS, third_party.ITERATORS)
)

_ABOUT_THE_CATALOGUE: Final = """\
# What the plugin knows of APIs

All that may not run on an event loop, as far as the plugin knows, with the Django version in which
the replacement came. `python -m mypy_async_django catalogue NAME` looks one up. A name is that of
the place where the type stubs define it, which may differ from the one you import: `requests.get`
is `requests.api.get`. Where nothing is named instead, the call goes into a thread: by `sync_to_async`
if it is Django's or uses the database, by `asyncio.to_thread` otherwise.

The settings `async_unsafe`, `blocking`, `offloaders` and `trusted` add to it and take away.
"""

_STANDARD_LIBRARY: Final = frozenset(
    {"asyncio", *(row.name.partition(".")[0] for row in standard_library.ROWS)}
)


# Rules


def title(rule: Rule) -> str:
    """What the rule finds, without a full stop: the page's first line."""
    return rule.page.partition("\n")[0].rstrip(".")


def standing(rule: Rule) -> str:
    """Whether the code is on without being asked for, and what switches it off as well."""
    on = "on" if rule.code.default_enabled else "off"
    return f"{on}, sub-code of `{rule.code.sub_code_of.code}`" if rule.code.sub_code_of else on


def page(rule: Rule) -> str:
    """A rule's page in markdown."""
    first, _, rest = rule.page.partition("\n")
    on = "On by default." if rule.code.default_enabled else "Off by default."
    parent = rule.code.sub_code_of
    if parent is not None:
        on += f" Switching `{parent.code}` off switches it off too."
    return f"# {rule.code.code}\n\n{first}\n\n{on}\n{rest}\n"


def section(rule: Rule, name: str) -> str:
    """The text below one heading of a rule's page; empty where there is none."""
    _, _, after = f"{rule.page}\n".partition(f"\n## {name}\n")
    return after.partition("\n## ")[0].strip()


def example(rule: Rule, name: str) -> str:
    """The first Python module in a section of a rule's page; empty where there is none."""
    _, _, after = section(rule, name).partition("```python\n")
    return after.partition("```")[0]


def codes_list() -> str:
    """All codes with what they find, aligned for a terminal."""
    width = max(len(rule.code.code) for rule in RULES)
    wide = max(len(title(rule)) for rule in RULES)
    return "".join(
        f"{rule.code.code:{width}}  {title(rule):{wide}}  {standing(rule).replace('`', '')}\n"
        for rule in _in_families()
    )


def codes_table(folder: str) -> str:
    """All codes as a table in markdown, each with a link to its page in a folder."""
    rows = [
        f"| [`{rule.code.code}`]({folder}{rule.code.code}.md) | {title(rule)} | {standing(rule)} |"
        for rule in _in_families()
    ]
    return "\n".join(["| code | what it finds | by default |", "|---|---|---|", *rows]) + "\n"


def with_codes(readme: str) -> str:
    """The README with today's table of codes between its markers, which it has to have."""
    before, start, rest = readme.partition(START)
    _, end, after = rest.partition(END)
    if not start or not end:
        raise ValueError(f'the README has no "{START}" with "{END}" below it')
    return f"{before}{START}\n{codes_table('docs/rules/')}{END}{after}"


def with_navigation(mkdocs: str) -> str:
    """The configuration of MkDocs with a line for each rule's page below that of their index."""
    before, start, rest = mkdocs.partition("      - rules/index.md\n")
    if not start:
        raise ValueError("mkdocs.yml has no rules/index.md in its navigation")
    others = rest.splitlines(keepends=True)
    while others and others[0].startswith("      - "):
        del others[0]
    codes = sorted(rule.code.code for rule in RULES)
    lines = "".join(f"      - {code}: rules/{code}.md\n" for code in codes)
    return f"{before}{start}{lines}{''.join(others)}"


def _in_families() -> list[Rule]:
    def key(rule: Rule) -> tuple[str, str]:
        parent = rule.code.sub_code_of
        return (parent.code if parent else rule.code.code, rule.code.code if parent else "")

    return sorted(RULES, key=key)


# The catalogue


class Fact(NamedTuple):
    """What is known of one API, in words; ``instead`` and ``since`` are empty where there is none."""

    name: str
    effect: str
    instead: str = ""
    since: str = ""


def facts() -> tuple[Fact, ...]:
    """All that the catalogue knows, in the order of the names."""
    known = chain(
        map(_of_row, ROWS),
        map(_of_row, _LISTED),
        map(_of_family, third_party.FAMILIES),
        map(_of_offloader, OFFLOADERS),
    )
    return tuple(sorted(known, key=lambda fact: fact.name))


def found(name: str) -> tuple[Fact, ...]:
    """The facts about an API: its full name, or parts of it in their order (``QuerySet.get``).

    Where no name has all the parts, those that contain the text. The full name comes first, then
    names that end with what was asked for, then those whose last part is the same; Django's first.
    """
    wanted = name.lower()
    parts = wanted.split(".")
    by_parts = tuple(fact for fact in facts() if _has_parts(fact.name.lower().split("."), parts))
    known = by_parts or tuple(fact for fact in facts() if wanted in fact.name.lower())

    def rank(fact: Fact) -> tuple[bool, ...]:
        name = fact.name.lower()
        last = name.rpartition(".")[2] == parts[-1]
        return (
            name != wanted,
            not f".{name}".endswith(f".{wanted}"),
            not last,
            _origin(name) != "Django",
        )

    return tuple(sorted(known, key=rank))


def fact_text(fact: Fact) -> str:
    """A fact for a terminal."""
    instead = f"\n    instead: {fact.instead}" if fact.instead else ""
    since = f", since Django {fact.since}" if fact.since else ""
    return f"{fact.name}\n    {fact.effect}{instead}{since}\n".replace("`", "")


def catalogue_page() -> str:
    """The whole catalogue in markdown, grouped by the module that has the name."""
    parts: dict[str, dict[str, list[Fact]]] = {
        "Django": {},
        "Standard library": {},
        "Other packages": {},
    }
    for fact in facts():
        parts[_origin(fact.name)].setdefault(_module(fact.name), []).append(fact)
    lines = [MADE, "", _ABOUT_THE_CATALOGUE]
    for part, modules in parts.items():
        lines += [f"## {part}", ""]
        for module, group in modules.items():
            lines += [f"### {module}", "", *_table(module, group), ""]
    return "\n".join(lines)


def _of_row(row: Api) -> Fact:
    effect = f"{EFFECTS[row.effect]} (`{_CODES[row.effect]}`)"
    if row in _LISTED:
        effect += ", when the result is iterated"
    if row.when:
        effect += f", when {row.when}"
    if row.unless:
        spared = " or ".join(_argument(argument) for argument in row.unless.split())
        effect += f", but not with {spared}"
    if row.guarded_by:
        asked = " or ".join(map(_question, row.guarded_by.split()))
        effect += f", but not after {asked}"
    since = ".".join(map(str, row.since)) if any(row.since) else ""
    return Fact(row.name, effect, _instead(row), since)


def _argument(argument: str) -> str:
    name, _, value = argument.partition("=")
    return f"`{value}` as argument {int(name) + 1}" if name.isdigit() else f"`{argument}`"


def _question(asked: str) -> str:
    return f"`not {asked[1:]}`" if asked.startswith("!") else f"`{asked}`"


def _instead(row: Api) -> str:
    if row.twin == "__aiter__":
        return "`async for`"
    if row.twin:
        return f"`await {row.twin}(...)`"
    return f"`{row.instead}`" if row.instead else ""


def _of_family(family: Family) -> Fact:
    blocks = f"{EFFECTS[Effect.BLOCKS]} (`{_CODES[Effect.BLOCKS]}`)"
    if family.twin:
        twin = f"`await {family.twin}(...)`"
        return Fact(f"{family.name}.*", f"every method with an async twin {blocks}", twin)
    return Fact(f"{family.name}.*", f"nearly every method {blocks}", f"`{family.instead}`")


def _of_offloader(offloader: Offloader) -> Fact:
    which = f"`{offloader.keyword}`" if offloader.keyword else f"argument {offloader.argument + 1}"
    return Fact(offloader.name, f"runs {which} off the event loop: nothing in it is reported")


def _has_parts(name: list[str], wanted: list[str]) -> bool:
    if name[-1] == "*" and len(wanted) > 1:
        name = [*name[:-1], wanted[-1]]
    rest = iter(name)
    return all(part in rest for part in wanted)


def _origin(name: str) -> str:
    package = name.partition(".")[0]
    if package == "django":
        return "Django"
    return "Standard library" if package in _STANDARD_LIBRARY else "Other packages"


def _module(name: str) -> str:
    """The module that has the name, as far as spelling tells it from a class."""
    parts = name.split(".")[:-1]
    while len(parts) > 1 and parts[-1].lstrip("_")[:1].isupper():
        parts.pop()
    return ".".join(parts)


def _table(module: str, group: Iterable[Fact]) -> Iterator[str]:
    """A table in markdown; what is the same of several names stands there once."""
    yield "| API | on the event loop | instead | since Django |"
    yield "|---|---|---|---|"
    alike: dict[tuple[str, str, str, str], list[str]] = {}
    for fact in group:
        owner = fact.name.rpartition(".")[0]
        name = f"`{fact.name.removeprefix(f'{module}.')}`"
        alike.setdefault((owner, fact.effect, fact.instead, fact.since), []).append(name)
    for (_, effect, instead, since), names in alike.items():
        yield f"| {', '.join(names)} | {effect} | {instead} | {since} |"


# All of it


def documents() -> Iterator[tuple[str, str]]:
    """The generated files: path below ``docs``, and text."""
    for rule in RULES:
        yield f"rules/{rule.code.code}.md", f"{MADE}\n\n{page(rule)}"
    yield "rules/index.md", f"{MADE}\n\n# What it reports\n\n{codes_table('')}"
    yield "catalogue.md", catalogue_page()
