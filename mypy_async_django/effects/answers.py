"""What was asked of functions in other modules, and the answers, in a file beside mypy's cache.

mypy stores a module before it checks the bodies in it, and so before it is known which functions of
other modules its findings depend on. That goes into a file of ours, with a digest of each function's
summary. When mypy stores a module again, because its text or something that it uses has changed, the
functions that somebody has asked for are summarised again: if one does something else, the module
gets a new seal, and mypy checks again what depends on it. The seal is part of what mypy stores of the
module as our plugin's data, and so of the hash of its interface.

The file has an identity, which is part of that data too: when it is lost, mypy's cache counts for
nothing. A module's seal only ever changes to one that it never had.
"""

import sqlite3
from collections.abc import Iterable, Iterator, Mapping
from contextlib import closing, suppress
from functools import cached_property, partial
from hashlib import blake2b
from itertools import chain
from pathlib import Path
from secrets import token_hex
from typing import Final, TypeAlias

_FORMAT: Final = "1"
_WAIT: Final = 60.0
"""Seconds to wait for another process that writes to the file."""

_TABLES: Final = (
    "CREATE TABLE identity (id INTEGER PRIMARY KEY CHECK (id = 0), value TEXT)",
    "CREATE TABLE answers (module TEXT, function TEXT PRIMARY KEY, answer TEXT)",
    "CREATE TABLE seals (module TEXT PRIMARY KEY, seal TEXT)",
)


def side_file(cache_folder: Path | None) -> Path | None:
    """The path of the file for the folder of mypy's cache; None if mypy uses none."""
    return cache_folder / f"mypy_async_django.{_FORMAT}.db" if cache_folder else None


class Answers:
    """The answers that modules in mypy's cache rely on, and the seals; ``path`` is None for none.

    Where the file cannot be written, the seals that it has are read, and what mypy stores in this
    run is good for nothing: mypy most likely cannot store anything either.
    """

    def __init__(self, path: Path | None) -> None:
        self._path = path
        self._noted: set[str] = set()
        self._sealed: dict[str, str] = {}
        self._is_writable = path is not None

    def of(self, module: str) -> Mapping[str, str]:
        """The answers about a module's functions, as they were when this run began."""
        return self._answers.get(module, {})

    def new(self, functions: Iterable[str]) -> Iterator[str]:
        """The functions whose answers this process has not noted yet; no file, no such functions."""
        return (each for each in functions if self._path and each not in self._noted)

    def note(self, answers: Iterable[tuple[str, str, str]]) -> None:
        """Note answers: the module, the function's full name, the digest of its summary."""
        rows = list(answers)
        self._noted.update(function for _, function, _ in rows)
        if rows:
            self._write([("INSERT OR REPLACE INTO answers VALUES (?, ?, ?)", row) for row in rows])

    def seal(self, module: str, answers: Mapping[str, str]) -> None:
        """Compare answers about a module with those before: its seal changes if they differ.

        Those that differ are forgotten: mypy checks again what relies on them, and that asks anew.
        """
        before = self.of(module)
        changed = {each: found for each, found in answers.items() if found != before[each]}
        if not changed:
            return
        parts = [self._seals.get(module, ""), *chain.from_iterable(sorted(changed.items()))]
        self._sealed[module] = blake2b("\0".join(parts).encode(), digest_size=12).hexdigest()
        forgotten = [
            ("DELETE FROM answers WHERE function = ? AND answer = ?", (each, before[each]))
            for each in changed
        ]
        self._write(
            [
                *forgotten,
                ("INSERT OR REPLACE INTO seals VALUES (?, ?)", (module, self._sealed[module])),
            ]
        )

    def stamp(self, module: str, *, is_stored: bool) -> dict[str, str]:
        """What mypy has to store with a module; ``is_stored`` if it asks what it has to find."""
        if self._path is None:
            return {}
        identity = self._identity
        if not is_stored and not self._is_writable:
            identity = f"not noted {token_hex(8)}"
        seal = self._sealed.get(module) or self._seals.get(module, "")
        return {"answers": identity, "seal": seal}

    @property
    def _identity(self) -> str:
        return self._read[0]

    @property
    def _answers(self) -> Mapping[str, Mapping[str, str]]:
        return self._read[1]

    @property
    def _seals(self) -> Mapping[str, str]:
        return self._read[2]

    @cached_property
    def _read(self) -> "_Contents":
        if self._path is None:
            return "", {}, {}
        for _ in range(2):
            try:
                self._make(self._path)
                # A reader that may not write fails where it meets another process's journal.
                return _contents(self._path, "rw")
            except (sqlite3.OperationalError, OSError):
                break
            except (sqlite3.DatabaseError, ValueError):
                with suppress(OSError):
                    self._path.unlink()
        self._is_writable = False
        try:
            return _contents(self._path, "ro")
        except (sqlite3.Error, OSError, ValueError):
            return f"not read {token_hex(8)}", {}, {}

    def _make(self, path: Path) -> None:
        """See that there is a file with its tables."""
        path.parent.mkdir(parents=True, exist_ok=True)
        if path.exists() and not path.is_file():
            raise OSError(f"{path} is not a file")
        with closing(self._connected(path)) as file, file:
            for statement in _TABLES:
                file.execute(statement.replace("TABLE", "TABLE IF NOT EXISTS", 1))
            _refuse_others(file)
            file.execute("INSERT OR IGNORE INTO identity VALUES (0, ?)", (token_hex(12),))

    def _write(self, statements: Iterable[tuple[str, tuple[str, ...]]]) -> None:
        self._identity  # noqa: B018 - makes the file
        if not self._is_writable:
            return
        try:
            for statement, values in statements:
                self._file.execute(statement, values)
            self._file.commit()
        except sqlite3.Error:
            self._is_writable = False
            self.spoil()

    def spoil(self) -> None:
        """Make what mypy stores in this run good for nothing: its answers are not all noted."""
        if self._path is not None:
            with suppress(OSError):
                self._path.unlink()

    @cached_property
    def _file(self) -> sqlite3.Connection:
        assert self._path is not None
        return self._connected(self._path)

    @staticmethod
    def _connected(path: Path) -> sqlite3.Connection:
        file = sqlite3.connect(path, _WAIT)
        # As mypy's own cache: what a crash of the machine damages is made anew.
        file.execute("PRAGMA synchronous=OFF")
        return file


_Contents: TypeAlias = tuple[str, Mapping[str, Mapping[str, str]], Mapping[str, str]]
"""The identity, the answers by module and function, the seals by module."""


def _contents(path: Path, mode: str) -> _Contents:
    """What the file holds; raises ValueError if that is not what this module writes."""
    answers: dict[str, dict[str, str]] = {}
    if not path.is_file():
        raise OSError(f"{path} is not a file")
    address = f"{path.absolute().as_uri()}?mode={mode}"
    with closing(sqlite3.connect(address, _WAIT, uri=True)) as file:
        file.text_factory = partial(str, encoding="utf-8", errors="replace")
        _refuse_others(file)
        [(identity,)] = _texts(file, "SELECT value FROM identity")
        for module, function, found in _texts(file, "SELECT module, function, answer FROM answers"):
            answers.setdefault(module, {})[function] = found
        seals = {row[0]: row[1] for row in _texts(file, "SELECT module, seal FROM seals")}
    return identity, answers, seals


def _refuse_others(file: sqlite3.Connection) -> None:
    """Raise ValueError if a file holds anything but our tables: views and triggers are programs."""
    made = file.execute("SELECT sql FROM sqlite_master WHERE sql IS NOT NULL")
    if sorted(statement for (statement,) in made) != sorted(_TABLES):
        raise ValueError("not the tables that this version makes")


def _texts(file: sqlite3.Connection, query: str) -> Iterator[tuple[str, ...]]:
    """The rows of a query; raises ValueError for one that is not all text."""
    for row in file.execute(query):
        if not all(isinstance(value, str) for value in row):
            raise ValueError("not a text")
        yield row
