"""Runs mypy in every way there is on a small project whose files change, and says what came of it.

All in this process where mypy allows it: a run that finds its cache takes a hundredth of a second.
"""

import gc
import io
import itertools
import os
import re
import shutil
from collections.abc import Iterator, Mapping, Sequence
from contextlib import chdir
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

from mypy import build
from mypy.dmypy_server import Server
from mypy.find_sources import create_source_list
from mypy.main import process_options
from mypy.typestate import reset_global_state

OURS: Final = "mypy_async_django"
GREEDY: Final = str(Path(__file__).with_name("greedy_plugin.py"))
CACHE: Final = ".mypy_cache"
# mypy's daemon crashes when nothing imports a standard module any more: "assert file not in
# self.flushed_files". In every project this module imports what the scenarios do.
IMPORTS: Final = "imports.py"
# The call: where mypy asks plugins nothing at all, we do not hear of a module that is deleted.
_IMPORTS: Final = "import asyncio, functools, time, typing\n"
_CALL: Final = "\nnumber = len('')\n"
_ERROR: Final = re.compile(r"(\S+?):(\d+): error: .*\[([\w-]+)\]")
_SCHEDULED: Final = re.compile(r"Scheduling SCC (?:singleton|of size \d+) \(([^)]*)\)")

Files = Mapping[str, str | None]
"""Texts of files by name; None where there is to be no such file."""


@dataclass(frozen=True, slots=True)
class State:
    """What is edited, and what mypy must say of the whole project then.

    ``findings`` are lines such as "view.py:4 async-blocking-call". ``rechecked`` are the modules
    that a run with a cache looks at again; None where that is not the point.
    """

    edits: Files
    findings: tuple[str, ...] = ()
    rechecked: tuple[str, ...] | None = None


@dataclass(frozen=True, slots=True)
class Outcome:
    """What a run said, line by line, the project's modules that it checked."""

    messages: tuple[str, ...]
    rechecked: frozenset[str] = frozenset()

    @property
    def findings(self) -> tuple[str, ...]:
        """The errors as "file:line code"."""
        found = (_ERROR.match(line) for line in self.messages)
        return tuple(f"{match[1]}:{match[2]} {match[3]}" for match in found if match)

    def without(self, code: str) -> tuple[str, ...]:
        """The messages but for those of one code."""
        return tuple(line for line in self.messages if not line.endswith(f"[{code}]"))


@dataclass(slots=True)
class Project:
    """A folder with Python files and mypy's configuration."""

    folder: Path
    settings: Mapping[str, str] = field(default_factory=dict)
    plugins: Sequence[str] = (OURS,)
    _clock: int = 1_700_000_000

    def __post_init__(self) -> None:
        """Make the folder, with a configuration that is the same in each."""
        self.folder.mkdir(parents=True)
        self.configure(self.settings)
        self.write(IMPORTS, _IMPORTS + _CALL)

    def configure(self, settings: Mapping[str, str]) -> None:
        """Write mypy's configuration, ``settings`` in our own section."""
        lines = [f"{key} = {value}" for key, value in settings.items()]
        self.write(
            "mypy.ini",
            "\n".join(
                [
                    "[mypy]",
                    f"plugins = {', '.join(self.plugins)}",
                    "warn_unused_ignores = True",
                    f"[mypy.plugins.{OURS}]",
                    *lines,
                    "",
                ]
            ),
        )

    def apply(self, edits: Files) -> None:
        """Write and delete files. No two edits happen at the same time: mypy goes by times."""
        for name, text in edits.items():
            if text is None:
                (self.folder / name).unlink()
            else:
                self.write(name, text)

    def write(self, name: str, text: str) -> None:
        """Write one file."""
        path = self.folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
        self._clock += 10
        os.utime(path, (self._clock, self._clock))

    def modules(self) -> frozenset[str]:
        """The names of the project's modules."""
        paths = (path.relative_to(self.folder) for path in self.folder.rglob("*.py"))
        return frozenset(".".join(path.with_suffix("").parts) for path in paths)

    def checked(self, *arguments: str) -> Outcome:
        """Run mypy on the whole project."""
        log = io.StringIO()
        with chdir(self.folder):
            _forget_garbage()
            targets = [each for each in arguments if not each.startswith("-")] or ["."]
            flags = [each for each in arguments if each.startswith("-")]
            sources, options = process_options([*_ALWAYS, "-v", *flags, *targets])
            result = build.build(sources, options, stdout=log, stderr=log)
        scheduled = {
            name for match in _SCHEDULED.finditer(log.getvalue()) for name in match[1].split()
        }
        return Outcome(
            _ordered(result.errors),
            frozenset(scheduled & self.modules()),
        )


_ALWAYS: Final = ("--config-file=mypy.ini", "--show-traceback", "--no-error-summary")


class Daemon:
    """mypy's daemon, without the process: it keeps what it knows between checks."""

    def __init__(self, project: Project, *arguments: str) -> None:
        self._project = project
        with chdir(project.folder):
            _forget_garbage()
            _, options = process_options(
                [*_ALWAYS, *arguments], require_targets=False, server_options=True
            )
            self._server = Server(options, "dmypy.json")

    def checked(self) -> Outcome:
        """Check what has changed since the last time."""
        with chdir(self._project.folder):
            sources = create_source_list(["."], self._server.options, self._server.fscache)
            answer = self._server.check(sources, False, False, 80)
        manager = self._server.fine_grained_manager
        return Outcome(
            _ordered(answer["out"].splitlines()),
            frozenset(manager.updated_modules) if manager else frozenset(),
        )


class Places:
    """Makes projects, and caches that know the standard library and nothing of a project.

    Such a cache depends on the configuration and mypy's options; it is made once for each.
    """

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._count = 0
        self._caches: dict[tuple[str, ...], Path] = {}

    def project(
        self, settings: Mapping[str, str] | None = None, plugins: Sequence[str] = (OURS,)
    ) -> Project:
        """A new project without files."""
        self._count += 1
        return Project(self._folder / str(self._count), settings or {}, plugins)

    def forget(self, project: Project, *arguments: str, cache: str = CACHE) -> None:
        """Let one of the project's caches know of the standard library only."""
        shutil.rmtree(project.folder / cache, ignore_errors=True)
        shutil.copytree(self._cache(project, arguments), project.folder / cache)

    def _cache(self, project: Project, arguments: tuple[str, ...]) -> Path:
        configuration = (project.folder / "mypy.ini").read_text()
        key = (configuration, *(each for each in arguments if not each.startswith("-n")))
        if key not in self._caches:
            empty = self.project(project.settings, project.plugins)
            empty.write(IMPORTS, _IMPORTS)
            empty.checked(*key[1:])
            self._caches[key] = empty.folder / CACHE
        return self._caches[key]


def states_of(project: Project, states: Sequence[State]) -> Iterator[State]:
    """Put a project into one state after the other."""
    for state in states:
        project.apply(state.edits)
        yield state


def _forget_garbage() -> None:
    """Collect what mypy leaves: it ends its process after a run, and keeps Python from doing so."""
    reset_global_state()
    if next(_RUNS) % 10 == 0:
        gc.collect()


_RUNS: Final = itertools.count(1)


def _ordered(messages: Sequence[str]) -> tuple[str, ...]:
    """Messages by file: their order otherwise depends on the order in which modules are done."""
    return tuple(sorted(messages, key=lambda line: line.split(":")[0]))
