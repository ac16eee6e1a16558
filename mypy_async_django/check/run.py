"""Runs mypy with the plugin on a project, and gets the findings from it as data."""

import json
import os
import re
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from importlib.util import find_spec
from pathlib import Path
from typing import Any, Final, NamedTuple

from mypy_async_django.check import configuration
from mypy_async_django.check.project import SETTINGS_VARIABLE, Project
from mypy_async_django.record import Record, Request, from_message, is_failure

#: The folder for mypy's cache and its configuration. mypy writes a .gitignore into its caches.
CACHE: Final = ".mypy_async_django_cache"

#: What mypy or django-stubs prints where that plugin cannot start.
_DJANGO_FAILED: Final = (
    "Error constructing plugin instance of NewSemanalDjangoPlugin",
    f'Error importing plugin "{configuration.DJANGO_STUBS}"',
    "(django-stubs) mypy: error:",
)

#: Loads Django's settings as django-stubs' plugin does.
_LOAD: Final = """\
import sys
from mypy_django_plugin.django.context import initialize_django
initialize_django(sys.argv[1])
"""

_NO_DJANGO: Final = (
    f"error: Django is not installed for {sys.executable}; install mypy-async-django into the"
    " environment that has the project's packages, and run it there"
)

_TICK: Final = 0.1


class Stop(NamedTuple):
    """What kept mypy from checking, such as a syntax error; without a path where it is no code."""

    message: str
    path: str = ""
    line: int = 0
    column: int = 0


class Outcome(NamedTuple):
    """What a run of mypy said: our findings by file and line, what stopped it, and notes on the run."""

    records: tuple[Record, ...]
    stops: tuple[Stop, ...] = ()
    notes: tuple[str, ...] = ()


def run(
    project: Project,
    paths: Sequence[str],
    *,
    strict: bool = False,
    tick: Callable[[float], None] | None = None,
) -> Outcome:
    """Check a project, or those of its files and folders that are named.

    ``tick`` is called ten times a second while mypy runs, with the seconds that have gone by.
    Without Django's settings, or where they cannot be loaded, django-stubs' plugin is off.
    """
    notes: list[str] = []
    request = Request(str(project.own_settings or ""), strict)
    if not project.settings:
        notes.append(
            "No Django settings module was found: less is known of models"
            " (name it with --settings or DJANGO_SETTINGS_MODULE)"
        )
    elif find_spec("django") is None:
        return Outcome((), (Stop(_NO_DJANGO),))
    elif find_spec("mypy_django_plugin") is None:
        notes.append(f"django-stubs is not installed for {sys.executable}: less is known of models")
    else:
        said = _mypy(project, paths, request, tick=tick, with_django=True)
        if not _is_django_off(said):
            return _outcome(said, project, notes)
        why = why_settings_fail(project)
        notes.append(
            f'Settings module "{project.settings}" (from {short(project.settings_from)})'
            f" cannot be loaded, so less is known of models: {why or 'as django-stubs has it'}"
        )
    said = _mypy(project, paths, request, tick=tick, with_django=False)
    return _outcome(said, project, notes)


def names(project: Project, path: str, line: int) -> Outcome:
    """The names of what a line calls and reads: of each record the message, its code in the note.

    The file is checked anew in a copy: mypy would take what it has of it from its cache. Its
    time of change is a number that the last copy did not have: mypy compares times in seconds.
    """
    copy = Path(CACHE, "named.py")
    copy.parent.mkdir(exist_ok=True)
    text = Path(path).read_text(encoding="utf-8", errors="surrogateescape")
    now = time.time_ns()
    copy.write_text(f"{text}\n# {now}\n", encoding="utf-8", errors="surrogateescape")
    os.utime(copy, (now % 2**31, now % 2**31))
    shadow = ("--shadow-file", path, str(copy))
    request = Request(str(project.own_settings or ""), path=path, line=line)
    arguments = [*shadow, path]
    said = _mypy(project, arguments, request, with_django=bool(project.settings))
    if _is_django_off(said):
        said = _mypy(project, arguments, request, with_django=False)
    outcome = _outcome(said, project, ())
    records = (record for record in outcome.records if record.code == "name")
    return outcome._replace(records=tuple(records))


class _Said(NamedTuple):
    status: int
    out: str
    err: str
    configuration: Path


def _mypy(
    project: Project,
    arguments: Sequence[str],
    request: Request,
    *,
    tick: Callable[[float], None] | None = None,
    with_django: bool,
) -> _Said:
    cache = Path(CACHE, "strict" if request.strict else "default")
    path = cache / configuration.name_for(project)
    names_sources = configuration.write(project, path, with_django=with_django)
    command = [
        *(sys.executable, "-m", "mypy"),
        *("--config-file", str(path)),
        *("--cache-dir", str(cache)),
        *("--output", "json"),
        "--no-error-summary",
        *(arguments or ([] if names_sources else ["."])),
    ]
    environment = _environment(project) if with_django else os.environ.copy()
    environment |= request.as_environment() | {"PYTHONUTF8": "1"}
    with subprocess.Popen(
        command,
        env=environment,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        encoding="utf-8",
        errors="replace",
    ) as process:
        try:
            out, err = _communicate(process, tick)
        except BaseException:
            process.kill()
            raise
    return _Said(process.returncode, out, err, path)


def _communicate(
    process: subprocess.Popen[str], tick: Callable[[float], None] | None
) -> tuple[str, str]:
    started = time.monotonic()
    while tick is not None:
        try:
            return process.communicate(timeout=_TICK)
        except subprocess.TimeoutExpired:
            tick(time.monotonic() - started)
    return process.communicate()


def _is_django_off(said: _Said) -> bool:
    """Whether django-stubs' plugin did not start."""
    text = f"{said.out}\n{said.err}".replace(r"\"", '"')  # some of it is JSON
    return said.status != 0 and any(part in text for part in _DJANGO_FAILED)


def why_settings_fail(project: Project) -> str:
    """Why Django's settings cannot be loaded, in a line; empty where they can.

    mypy keeps to itself why django-stubs' plugin did not start.
    """
    said = subprocess.run(
        [sys.executable, "-c", _LOAD, project.settings],
        env=_environment(project),
        capture_output=True,
        encoding="utf-8",
        errors="replace",
        check=False,
    )
    if said.returncode == 0:
        return ""
    lines = [line.strip() for line in said.stderr.splitlines()]
    errors = [line for line in lines if re.match(r"(\w+\.)*[A-Z]\w*(: |$)", line)]
    return errors[-1] if errors else f"status {said.returncode} of the process that loads them"


def _environment(project: Project) -> dict[str, str]:
    """The environment in which the settings can be imported, as from manage.py's folder."""
    search = [str(project.import_root.resolve()), os.environ.get("PYTHONPATH", "")]
    return os.environ | {
        SETTINGS_VARIABLE: project.settings,
        "PYTHONPATH": os.pathsep.join(filter(None, search)),
    }


def _outcome(said: _Said, project: Project, notes: Sequence[str]) -> Outcome:
    records: list[Record] = []
    others: list[Stop] = []
    texts: list[str] = []
    for line in said.out.splitlines():
        error = _error(line)
        if error is None:
            texts.append(line)
            continue
        record = from_message(error["message"], error["file"])
        if record is not None:
            records.append(record)
        elif error["severity"] == "error":
            others.append(Stop(error["message"], error["file"], error["line"], error["column"] + 1))
    ordered = tuple(sorted(records, key=lambda record: (record.path, record.line, record.column)))
    warnings = list(_about_configuration(said, project))
    failures = [stop for stop in others if is_failure(stop.message)]
    if said.status in (0, 1) and not failures and not said.err.startswith("Traceback"):
        return Outcome(ordered, (), (*notes, *warnings))
    # What mypy checked before it stopped is not all; what stopped it is said instead.
    stops = failures or [stop for stop in others if said.status == 2]
    texts += [line for line in said.err.splitlines() if line.strip()]
    problems = [_named_rightly(text, said, project) for text in texts if text.strip()]
    return Outcome((), (*stops, *map(Stop, problems)), tuple(notes))


def _error(line: str) -> dict[str, Any] | None:
    """An error that mypy printed as data; None for any other line, as of code that prints."""
    if not line.startswith('{"file": '):
        return None
    try:
        error: dict[str, Any] = json.loads(line)
    except ValueError:
        return None
    return error


def _about_configuration(said: _Said, project: Project) -> Iterator[str]:
    """What mypy says of its configuration though it goes on."""
    for line in said.err.splitlines():
        if line.startswith(str(said.configuration)):
            yield _named_rightly(line, said, project)


def _named_rightly(text: str, said: _Said, project: Project) -> str:
    """A text of mypy's that names the project's configuration, and not what was made of it."""
    return text.replace(str(said.configuration), short(str(project.configuration or "")))


def short(path: str) -> str:
    """A path as seen from the working directory, if it is shorter so."""
    if not Path(path).is_absolute():
        return path
    relative = os.path.relpath(path)
    return relative if len(relative) < len(path) else path
