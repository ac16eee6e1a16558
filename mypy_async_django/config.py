"""The user's settings: ``[tool.mypy_async_django]`` or ``[mypy.plugins.mypy_async_django]``.

mypy never reads them, so ``dmypy run`` does not fail over codes that only a plugin knows.
"""

import configparser
import re
import tomllib
from collections.abc import Collection, Iterable, Iterator, Mapping
from difflib import get_close_matches
from pathlib import Path
from typing import Any, Final, NamedTuple

_DOTTED: Final = re.compile(r"[^\W\d]\w*(\.[^\W\d]\w*)+")
_MODULE: Final = re.compile(r"[^\W\d]\w*(\.[^\W\d]\w*)*")
_PATTERN: Final = re.compile(r"([^\W\d]\w*|\*)(\.([^\W\d]\w*|\*))*")

#: The Django releases that ``django_version`` may name.
DJANGO_VERSIONS: Final = ((4, 2), (5, 0), (5, 1), (5, 2), (6, 0), (6, 1))

#: What ``select`` and ``ignore`` take besides codes.
ALL: Final = "all"
DEFAULT: Final = "default"

#: What ``follow_packages`` takes besides names, and "all".
NONE: Final = "none"

TOML_SECTION: Final = "tool.mypy_async_django"
INI_SECTION: Final = "mypy.plugins.mypy_async_django"

EXPECTED_TOML: Final = f"""\
[{TOML_SECTION}]
select = ["default", "async-race-orm"]       # codes to report: "default", "all", codes, families
ignore = ["async-blocking"]                  # codes never to report
async_unsafe = ["shop.legacy.load_totals"]   # raise SynchronousOnlyOperation in a coroutine
blocking = ["shop.clients.fetch"]            # block the event loop
offloaders = ["shop.threads.in_thread"]      # run the function they are given in a thread
trusted = ["shop.cache.get_settings"]        # never reported; packages and modules too
follow_packages = ["all"]                    # whose code calls are followed into: names, "all", "none"
strict_relations = false                     # report relations of instances of unknown origin
blocking_in_tests = false                    # report async-blocking in tests too
django_version = "5.2"                       # default: the installed Django
links = false                                # add the address of each code's page

[{TOML_SECTION}.per_module]
"shop.legacy.*" = {{ select = ["async-unsafe"] }}
"shop.tests.*" = {{ ignore = ["all"] }}"""

EXPECTED_INI: Final = f"""\
[{INI_SECTION}]
select = default, async-race-orm
ignore = async-blocking
async_unsafe = shop.legacy.load_totals
blocking = shop.clients.fetch
offloaders = shop.threads.in_thread
trusted = shop.cache.get_settings
follow_packages = all
strict_relations = false
blocking_in_tests = false
django_version = 5.2
links = false

[{INI_SECTION}-shop.legacy.*]
select = async-unsafe

[{INI_SECTION}-shop.tests.*]
ignore = all"""


def selects(names: Collection[str], code: str, family: str, *, by_default: bool) -> bool:
    """Whether names select a code: its own, "all", or its family or "default" if it is a default."""
    if code in names or ALL in names:
        return True
    return by_default and (DEFAULT in names or family in names)


def ignores(names: Collection[str], code: str, family: str) -> bool:
    """Whether names ignore a code: its own, its family, or "all"."""
    return code in names or family in names or ALL in names


class ConfigError(Exception):
    """A configuration that cannot be used; its text is the whole message for the user."""


class ModuleCodes(NamedTuple):
    """The codes for the modules that match a pattern; ``select`` is None where it is not given."""

    pattern: str
    select: tuple[str, ...] | None = None
    ignore: tuple[str, ...] = ()

    def matches(self, module: str) -> bool:
        """Whether a module's full name matches: ``*`` is any part, and at the end any number."""
        pattern = re.escape(self.pattern)
        if self.pattern == "*":
            return True
        pattern = re.sub(r"\\\.\\\*$", r"(\\..+)?", pattern).replace(r"\*", r"[^.]+")
        return re.fullmatch(pattern, module) is not None


class Config(NamedTuple):
    """What the user has configured; lists of names hold full dotted names."""

    select: tuple[str, ...] = (DEFAULT,)
    ignore: tuple[str, ...] = ()
    async_unsafe: tuple[str, ...] = ()
    blocking: tuple[str, ...] = ()
    offloaders: tuple[str, ...] = ()
    trusted: tuple[str, ...] = ()
    follow_packages: tuple[str, ...] = (ALL,)
    strict_relations: bool = False
    blocking_in_tests: bool = False
    django_version: tuple[int, int] | None = None
    links: bool = False
    per_module: tuple[ModuleCodes, ...] = ()

    def follows(self, module: str) -> bool:
        """Whether calls are followed into an installed module."""
        return ALL in self.follow_packages or any(
            f"{module}.".startswith(f"{name}.") for name in self.follow_packages
        )

    def selected_in(self, module: str) -> tuple[str, ...]:
        """What is selected in a module: by the last pattern that matches, or for all modules."""
        matching = [codes.select for codes in self.per_module if codes.matches(module)]
        return next((select for select in reversed(matching) if select is not None), self.select)

    def ignored_in(self, module: str) -> tuple[str, ...]:
        """What is ignored in a module: by all patterns that match, and for all modules."""
        return (*self.ignore, *self.ignored_only_in(module))

    def ignored_only_in(self, module: str) -> tuple[str, ...]:
        """What is ignored in a module by the patterns that match."""
        matching = (codes.ignore for codes in self.per_module if codes.matches(module))
        return tuple(name for ignore in matching for name in ignore)


def load(path: str | None, codes: Collection[str]) -> Config:
    """Read our section of mypy's configuration file; all defaults where there is none.

    Where that file has no such section, the ``pyproject.toml`` beside it is read. ``codes`` are the
    names that codes may have. Raises ConfigError with what is wrong and how the section should look.
    """
    if path is None:
        return Config()
    found = _sections(path)
    if not found.there:
        beside = Path(path).with_name("pyproject.toml")
        if beside.is_file() and Path(path).name != beside.name:
            found = _sections(str(beside))
    return found.config(codes)


def _sections(path: str) -> "_Sections":
    return _toml(path) if Path(path).suffix == ".toml" else _ini(path)


def _toml(path: str) -> "_Sections":
    try:
        tool = tomllib.loads(Path(path).read_text(encoding="utf-8")).get("tool", {})
    except (OSError, ValueError):
        return _Sections(path, TOML_SECTION, EXPECTED_TOML, None, {})  # mypy tells what is wrong
    nested = tool.get("mypy", {}).get("plugins")
    for name in (*tool, *(f"mypy.plugins.{name}" for name in _keys(nested))):
        _refuse_section(path, f"tool.{name}", TOML_SECTION, EXPECTED_TOML)
    section = tool.get("mypy_async_django")
    if section is not None and not isinstance(section, dict):
        empty = _Sections(path, TOML_SECTION, EXPECTED_TOML, None, {})
        raise empty.error(f"it must be a table, not {section!r}")
    per_module: object = (section or {}).get("per_module", {})
    if section:
        section = {key: value for key, value in section.items() if key != "per_module"}
    found = _Sections(path, TOML_SECTION, EXPECTED_TOML, section, {})
    if not isinstance(per_module, dict) or not all(
        isinstance(value, dict) for value in per_module.values()
    ):
        raise found.error('"per_module" must be a table of tables')
    return found._replace(per_module=per_module)


def _ini(path: str) -> "_Sections":
    # As mypy reads it: no interpolation. The keys of [DEFAULT] are not meant for us.
    parser = configparser.RawConfigParser(default_section="")
    try:
        parser.read(path, encoding="utf-8")
    except (configparser.Error, ValueError):
        return _Sections(path, INI_SECTION, EXPECTED_INI, None, {})  # mypy tells what is wrong
    per_module: dict[str, dict[str, Any]] = {}
    for name in parser.sections():
        if name.startswith(f"{INI_SECTION}-"):
            for pattern in name.removeprefix(f"{INI_SECTION}-").split(","):
                per_module[pattern.strip()] = dict(parser[name])
        else:
            _refuse_section(path, name, INI_SECTION, EXPECTED_INI)
    section = dict(parser[INI_SECTION]) if parser.has_section(INI_SECTION) else None
    return _Sections(path, INI_SECTION, EXPECTED_INI, section, per_module)


def _keys(value: object) -> Iterator[str]:
    if isinstance(value, dict):
        yield from value


def _refuse_section(path: str, name: str, right: str, expected: str) -> None:
    """Raise ConfigError for a section that is ours but for its name."""
    if name != right and is_meant_for_us(name):
        raise ConfigError(_problem(path, name, f"did you mean [{right}]?", expected))


def is_meant_for_us(section: str) -> bool:
    """Whether a section's name is that of ours, or nearly so."""
    return "mypyasyncdjango" in re.sub(r"[\W_]", "", section).lower()


def _problem(path: str, section: str, problem: str, expected: str) -> str:
    return f"{path}: [{section}]: {problem}; expected a section like\n\n{expected}\n"


def nearest(name: str, known: Iterable[str]) -> str:
    """A question after what may be meant, to put behind a message; empty where nothing is near."""
    near = get_close_matches(name, sorted(known), n=1)
    return f'; did you mean "{near[0]}"?' if near else ""


class _Sections(NamedTuple):
    """A file's section for us, None where there is none, and those for modules by pattern."""

    path: str
    name: str
    expected: str
    values: dict[str, Any] | None
    per_module: Mapping[str, dict[str, Any]]

    @property
    def there(self) -> bool:
        return self.values is not None or bool(self.per_module)

    def config(self, codes: Collection[str]) -> Config:
        values = _Values(self, self.values or {}, codes)
        values.refuse_unknown([key for key in Config._fields if key != "per_module"])
        return Config(
            select=values.codes("select", (DEFAULT,)),
            ignore=values.codes("ignore", ()),
            async_unsafe=values.names("async_unsafe"),
            blocking=values.names("blocking"),
            offloaders=values.names("offloaders"),
            trusted=values.names("trusted", _MODULE),
            follow_packages=values.packages("follow_packages"),
            strict_relations=values.switch("strict_relations"),
            blocking_in_tests=values.switch("blocking_in_tests"),
            django_version=values.version("django_version"),
            links=values.switch("links"),
            per_module=tuple(
                self.module_codes(pattern, values._replace(values=section))
                for pattern, section in self.per_module.items()
            ),
        )

    def module_codes(self, pattern: str, values: "_Values") -> ModuleCodes:
        if not _PATTERN.fullmatch(pattern):
            raise self.error(
                f'"{pattern}" is not a module\'s name, in which "*" may stand for parts'
            )
        values.refuse_unknown(["select", "ignore"], f' for "{pattern}"')
        select = values.codes("select", ()) if "select" in values.values else None
        return ModuleCodes(pattern, select, values.codes("ignore", ()))

    def error(self, problem: str) -> ConfigError:
        return ConfigError(_problem(self.path, self.name, problem, self.expected))


class _Values(NamedTuple):
    """The values of one section, asked for by type."""

    section: _Sections
    values: dict[str, Any]
    known_codes: Collection[str]

    def refuse_unknown(self, keys: Collection[str], where: str = "") -> None:
        for key in self.values:
            if key not in keys:
                near = nearest(key.replace("-", "_"), keys)
                raise self.section.error(f'unknown key "{key}"{where}{near.removesuffix("?")}')

    def texts(self, key: str, default: tuple[str, ...], what: str) -> tuple[str, ...]:
        value = self.values.get(key, list(default))
        if isinstance(value, str) and self.section.name == INI_SECTION:
            value = [name for name in re.split(r"[\s,]+", value) if name]
        if not isinstance(value, list) or not all(isinstance(name, str) for name in value):
            raise self.section.error(f'"{key}" must be a list of {what}, not {value!r}')
        return tuple(value)

    def names(self, key: str, pattern: re.Pattern[str] = _DOTTED) -> tuple[str, ...]:
        names = self.texts(key, (), "dotted names")
        for name in names:
            if not pattern.fullmatch(name):
                raise self.section.error(f'"{key}" has "{name}", which is not a full dotted name')
        return names

    def packages(self, key: str) -> tuple[str, ...]:
        names = self.texts(key, (ALL,), "packages")
        for name in names:
            if not _MODULE.fullmatch(name):
                raise self.section.error(f'"{key}" has "{name}", which is no package')
            if name in (ALL, NONE) and len(names) > 1:
                raise self.section.error(f'"{key}" has "{name}" beside other names')
        return names

    def codes(self, key: str, default: tuple[str, ...]) -> tuple[str, ...]:
        codes = self.texts(key, default, "error codes")
        for code in codes:
            if code not in self.known_codes and code not in (ALL, DEFAULT):
                near = nearest(code, self.known_codes).removesuffix("?")
                raise self.section.error(f'"{key}" has "{code}", which is no error code{near}')
        return codes

    def switch(self, key: str) -> bool:
        value = self.values.get(key, False)
        if isinstance(value, str) and self.section.name == INI_SECTION:
            value = configparser.RawConfigParser.BOOLEAN_STATES.get(value.lower(), value)
        if not isinstance(value, bool):
            raise self.section.error(f'"{key}" must be true or false, not {value!r}')
        return value

    def version(self, key: str) -> tuple[int, int] | None:
        value = self.values.get(key)
        if value is None:
            return None
        # 5.2 without quotes is a number in TOML, with the same digits.
        text = str(value).strip("\"'") if isinstance(value, str | float) else ""
        for version in DJANGO_VERSIONS:
            if text == ".".join(map(str, version)):
                return version
        known = ", ".join(".".join(map(str, version)) for version in DJANGO_VERSIONS)
        raise self.section.error(f'"{key}" must be one of {known}, not {value!r}')
