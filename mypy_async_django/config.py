"""The user's configuration: ``[tool.mypy_async_django]`` or ``[mypy.plugins.mypy_async_django]``."""

import configparser
import re
import tomllib
from pathlib import Path
from typing import Any, Final, NamedTuple

_DOTTED: Final = re.compile(r"[^\W\d]\w*(\.[^\W\d]\w*)+")
_VERSION: Final = re.compile(r"(\d+)\.(\d+)")

TOML_SECTION: Final = "tool.mypy_async_django"
INI_SECTION: Final = "mypy.plugins.mypy_async_django"

EXPECTED_TOML: Final = f"""\
[{TOML_SECTION}]
async_unsafe = ["shop.legacy.load_totals"]   # raise SynchronousOnlyOperation in a coroutine
blocking = ["shop.clients.fetch"]            # block the event loop
offloaders = ["shop.threads.in_thread"]      # run the function they are given in a thread
trusted = ["shop.cache.get_settings"]        # never reported
strict_relations = false                     # report relations of instances of unknown origin
django_version = "5.2"                       # default: the installed Django"""

EXPECTED_INI: Final = f"""\
[{INI_SECTION}]
async_unsafe = shop.legacy.load_totals
blocking = shop.clients.fetch
offloaders = shop.threads.in_thread
trusted = shop.cache.get_settings
strict_relations = false
django_version = 5.2"""


class ConfigError(Exception):
    """A configuration that cannot be used; its text is the whole message for the user."""


class Config(NamedTuple):
    """What the user has configured; lists hold full dotted names."""

    async_unsafe: tuple[str, ...] = ()
    blocking: tuple[str, ...] = ()
    offloaders: tuple[str, ...] = ()
    trusted: tuple[str, ...] = ()
    strict_relations: bool = False
    django_version: tuple[int, int] | None = None


def load(path: str | None) -> Config:
    """Read our section of mypy's configuration file; all defaults where there is none.

    Raises ConfigError with what is wrong and the section as it should be.
    """
    if path is None:
        return Config()
    if Path(path).suffix == ".toml":
        return _Section(path, TOML_SECTION, EXPECTED_TOML, _toml(path)).config()
    return _Section(path, INI_SECTION, EXPECTED_INI, _ini(path)).config()


def _toml(path: str) -> dict[str, Any]:
    tool = tomllib.loads(Path(path).read_text(encoding="utf-8")).get("tool", {})
    section = tool.get("mypy_async_django", {})
    return section if isinstance(section, dict) else {"": section}


def _ini(path: str) -> dict[str, Any]:
    # As mypy reads it: no interpolation.
    parser = configparser.RawConfigParser()
    parser.read(path, encoding="utf-8")
    if not parser.has_section(INI_SECTION):
        return {}
    return dict(parser[INI_SECTION])


class _Section(NamedTuple):
    path: str
    name: str
    expected: str
    values: dict[str, Any]

    def config(self) -> Config:
        for key in self.values:
            if key not in Config._fields:
                raise self.error(f'unknown key "{key}"')
        return Config(
            async_unsafe=self.names("async_unsafe"),
            blocking=self.names("blocking"),
            offloaders=self.names("offloaders"),
            trusted=self.names("trusted"),
            strict_relations=self.switch("strict_relations"),
            django_version=self.version("django_version"),
        )

    def error(self, problem: str) -> ConfigError:
        return ConfigError(
            f"{self.path}: [{self.name}]: {problem}; expected a section like\n\n{self.expected}\n"
        )

    def names(self, key: str) -> tuple[str, ...]:
        value = self.values.get(key, [])
        if isinstance(value, str) and self.name == INI_SECTION:
            value = [name for name in re.split(r"[\s,]+", value) if name]
        if not isinstance(value, list) or not all(isinstance(name, str) for name in value):
            raise self.error(f'"{key}" must be a list of dotted names, not {value!r}')
        for name in value:
            if not _DOTTED.fullmatch(name):
                raise self.error(f'"{key}" has "{name}", which is not a full dotted name')
        return tuple(value)

    def switch(self, key: str) -> bool:
        value = self.values.get(key, False)
        if isinstance(value, str) and self.name == INI_SECTION:
            value = configparser.RawConfigParser.BOOLEAN_STATES.get(value.lower(), value)
        if not isinstance(value, bool):
            raise self.error(f'"{key}" must be true or false, not {value!r}')
        return value

    def version(self, key: str) -> tuple[int, int] | None:
        value = self.values.get(key)
        if value is None:
            return None
        matched = _VERSION.fullmatch(value) if isinstance(value, str) else None
        if matched is None:
            raise self.error(f'"{key}" must be a version like "5.2", not {value!r}')
        return int(matched[1]), int(matched[2])
