"""How long mypy takes with the plugin and without it, in turn; writes results.md beside this file.

    python3 dev.py benchmark                 all of it: takes an hour or so
    python3 dev.py benchmark example         the example only
    python3 dev.py benchmark generated 250   a generated Django project of 250 modules
    python3 dev.py benchmark typed           a typed package from the package index

Seconds are CPU seconds of mypy and of its workers, those of the daemon and of ``-n 4`` seconds on
the clock. Each number is the median of several runs, with and without the plugin in turn.
"""

import os
import re
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from statistics import median
from typing import Final

import generated

HERE: Final = Path(__file__).resolve().parent
ROOT: Final = HERE.parent
RESULTS: Final = HERE / "results.md"
#: Over 100,000 lines with annotations, and few coroutines.
TYPED: Final = "SQLAlchemy==2.0.44"
ROUNDS: Final = 3
SIZES: Final = (250, 500, 1000, 2000)
VERSION: Final = "def version() -> int:\n    return 0\n"
PLUGIN: Final = "mypy_async_django"
PHASES: Final = ("cold", "warm", "after an edit", "daemon, after an edit", "-n 4, cold")
_MYPY: Final = [sys.executable, "-m", "mypy", "--no-error-summary", "--hide-error-context"]
#: Installed packages come with their bytecode.
_ENVIRONMENT: Final = {k: v for k, v in os.environ.items() if k != "PYTHONDONTWRITEBYTECODE"}
_DMYPY: Final = [sys.executable, "-m", "mypy.dmypy"]


@dataclass(frozen=True)
class Subject:
    """A code base: where it is, mypy's settings for it, and a file that ends with a number."""

    name: str
    folder: Path
    plugins: tuple[str, ...]
    settings: str
    edited: str

    def configure(self, *, with_ours: bool) -> None:
        """Write the configuration for a run."""
        plugins = (*self.plugins, PLUGIN) if with_ours else self.plugins
        text = f"[mypy]\nplugins = {', '.join(plugins)}\n{self.settings}"
        (self.folder / _config(with_ours=with_ours)).write_text(text)

    def edit(self, number: int) -> None:
        """Change the body of a function, and nothing that others see."""
        path = self.folder / self.edited
        text = path.read_text()
        path.write_text(text[: text.rindex("return")] + f"return {number}\n")


@dataclass(frozen=True)
class Run:
    """What one run of mypy cost."""

    cpu: float
    elapsed: float
    megabytes: float


def run(command: list[str], folder: Path) -> Run:
    """Run a command to its end; what it says of errors is not looked at."""
    started = time.perf_counter()
    with (folder / ".said").open("w+") as said:
        process = subprocess.Popen(command, cwd=folder, stdout=said, stderr=said, env=_ENVIRONMENT)
        _, status, usage = os.wait4(process.pid, 0)
        elapsed = time.perf_counter() - started
        if os.waitstatus_to_exitcode(status) not in (0, 1):
            said.seek(0)
            sys.exit(f"{' '.join(command)} in {folder}:\n{said.read()}")
    return Run(usage.ru_utime + usage.ru_stime, elapsed, usage.ru_maxrss / 1024)


class Pair:
    """The runs of a subject with the plugin and without it."""

    def __init__(self, subject: Subject) -> None:
        self._subject = subject
        self._edits = 0
        for with_ours in (False, True):
            subject.configure(with_ours=with_ours)

    def measured(self, phase: str) -> Iterator[tuple[Run, Run]]:
        """Runs of a phase, without the plugin and with it."""
        once: dict[str, Callable[[bool], Run]] = {
            "cold": self._cold,
            "warm": self._warm,
            "after an edit": self._warm,
            "-n 4, cold": lambda ours: self._cold(ours, "-n", "4"),
            "daemon, after an edit": self._increment,
        }
        if phase.startswith("daemon"):
            self._daemons("start", "--")
            for ours in (False, True):
                self._increment(ours)
        for _ in range(ROUNDS):
            if phase.endswith("edit"):
                self._edits += 1
                self._subject.edit(self._edits)
            yield once[phase](False), once[phase](True)
        if phase.startswith("daemon"):
            self._daemons("stop")

    def cache_size(self, ours: bool) -> float:
        """Megabytes of mypy's cache."""
        files = self._cache(ours).rglob("*")
        return sum(path.stat().st_size for path in files if path.is_file()) / 1e6

    def _cache(self, ours: bool) -> Path:
        return self._subject.folder / f".cache-{ours}"

    def _arguments(self, ours: bool) -> list[str]:
        config = _config(with_ours=ours)
        return ["--config-file", config, "--cache-dir", self._cache(ours).name]

    def _mypy(self, ours: bool) -> list[str]:
        return [*_MYPY, *self._arguments(ours), "."]

    def _warm(self, ours: bool, *more: str) -> Run:
        return run([*self._mypy(ours), *more], self._subject.folder)

    def _cold(self, ours: bool, *more: str) -> Run:
        shutil.rmtree(self._cache(ours), ignore_errors=True)
        return self._warm(ours, *more)

    def _dmypy(self, ours: bool, *arguments: str) -> Run:
        return run([*_DMYPY, "--status-file", f".daemon-{ours}", *arguments], self._subject.folder)

    def _daemons(self, command: str, *arguments: str) -> None:
        for ours in (False, True):
            given = self._arguments(ours) if command == "start" else []
            self._dmypy(ours, command, *arguments, *given)

    def _increment(self, ours: bool) -> Run:
        return self._dmypy(ours, "check", ".")


def _config(*, with_ours: bool) -> str:
    return "with.ini" if with_ours else "without.ini"


def table(subject: Subject, phases: tuple[str, ...] = PHASES) -> Iterator[str]:
    """The lines of a subject's table."""
    yield f"## {subject.name}"
    yield ""
    yield "| | mypy | with the plugin | ratio |"
    yield "|---|---|---|---|"
    pair = Pair(subject)
    for phase in phases:
        by_clock = phase.startswith(("daemon", "-n"))
        runs = list(pair.measured(phase))
        sides = list(zip(*runs, strict=True))
        took = [median(each.elapsed if by_clock else each.cpu for each in side) for side in sides]
        yield row(phase, took, "s")
        if phase == "cold":
            peaks = [median(each.megabytes for each in side) for side in sides]
            yield row("peak memory, cold", peaks, "MB")
            yield row("size of the cache", [pair.cache_size(it) for it in (False, True)], "MB")
    yield ""


def row(what: str, pair: list[float], unit: str) -> str:
    """A line of a table."""
    without, with_ours = pair
    return (
        f"| {what} | {without:,.2f} {unit} | {with_ours:,.2f} {unit} | {with_ours / without:.2f} |"
    )


def example(folder: Path) -> Subject:
    """The example project."""
    target = folder / "example"
    shutil.copytree(ROOT / "examples" / "how_to_break_django", target)
    for path in target.rglob("*.py"):
        # Without the plugin, mypy dies of a comment that names one of its codes.
        path.write_text(re.sub(r"(?m)^# mypy: .*\n", "", path.read_text()))
    edited = target / "library" / "benchmarked.py"
    edited.write_text(VERSION)
    settings = "[mypy.plugins.django-stubs]\ndjango_settings_module = project.settings\n"
    return Subject("The example", target, _DJANGO, settings, "library/benchmarked.py")


def project(folder: Path, modules: int) -> Subject:
    """A generated Django project."""
    target = folder / f"generated-{modules}"
    target.mkdir()
    generated.write(target, modules)
    settings = "[mypy.plugins.django-stubs]\ndjango_settings_module = settings\n"
    name = f"A Django project of {modules:,} modules"
    return Subject(name, target, _DJANGO, settings, generated.HELPER)


def typed(folder: Path) -> Subject:
    """A typed package, as if it were the user's own code."""
    target = folder / "typed"
    pip = [sys.executable, "-m", "pip", "install", "-q", "--no-deps", "--no-compile"]
    subprocess.run([*pip, "--target", str(target), TYPED], check=True)
    for installed in target.glob("*.dist-info"):
        shutil.rmtree(installed)
    lines = sum(len(path.read_text().splitlines()) for path in target.rglob("*.py"))
    edited = target / "sqlalchemy" / "benchmarked.py"
    edited.write_text(VERSION)
    name = f"{TYPED.replace('==', ' ')}: {lines:,} lines"
    settings = "ignore_missing_imports = True\n"
    return Subject(name, target, (), settings, "sqlalchemy/benchmarked.py")


_DJANGO: Final = ("mypy_django_plugin.main",)


def main(arguments: list[str]) -> None:
    """Measure what was asked for, all of it by default; only then write the results down."""
    what, *sizes = arguments or ["all"]
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        lines: list[str] = []
        if what in ("all", "typed"):
            lines += shown(table(typed(folder)))
        if what in ("all", "generated"):
            *smaller, largest = [int(size) for size in sizes] or SIZES
            for size in smaller:
                lines += shown(table(project(folder, size), PHASES[:2]))
            lines += shown(table(project(folder, largest)))
        if what in ("all", "example"):
            lines += shown(table(example(folder)))
    if what == "all":
        RESULTS.write_text("\n".join(["# Time, memory and cache", "", *lines]))


def shown(lines: Iterator[str]) -> list[str]:
    """The lines, each printed when it is known."""
    found = []
    for line in lines:
        print(line, flush=True)
        found.append(line)
    return found


if __name__ == "__main__":
    main(sys.argv[1:])
