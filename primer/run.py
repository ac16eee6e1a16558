"""Checks released projects and compares the findings with those on file; see README.md."""

import argparse
import json
import os
import re
import resource
import subprocess
import sys
import tomllib
import zipfile
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import asdict, dataclass, field, replace
from hashlib import sha256
from pathlib import Path
from typing import Any, Final

ROOT: Final = Path(__file__).resolve().parent
BUILD: Final = ROOT.parent / "build" / "primer"
FINDINGS: Final = ROOT / "findings.json"
VERDICTS: Final = ("true", "false", "arguable")
UNJUDGED: Final = ""

_CODE: Final = re.compile(r"(async|coroutine|unawaited|dangling|nested|bridge|sync)-[\w-]+")
_FUNCTION: Final = re.compile(r'async function "(?P<name>\w+)"')

SETTINGS: Final = """\
import stand_ins

stand_ins.install(*{missing!r})
SECRET_KEY = "primer"
USE_TZ = True
DATABASES = {{"default": {{"ENGINE": "django.db.backends.sqlite3", "NAME": ":memory:"}}}}
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"
MIDDLEWARE = [
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
]
INSTALLED_APPS = [
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "django.contrib.admin",
    *{apps!r},
]
globals().update({settings!r})
"""

CONFIGURATION: Final = """\
[mypy]
plugins = mypy_django_plugin.main{plugin}
follow_imports = silent
ignore_missing_imports = True
incremental = False

[mypy.plugins.django-stubs]
django_settings_module = primer_settings
"""


@dataclass(frozen=True)
class Project:
    """A released project: where it comes from, and what its models need to be imported."""

    name: str
    version: str
    package: str
    apps: list[str] = field(default_factory=list)
    settings: dict[str, Any] = field(default_factory=dict)
    missing: list[str] = field(default_factory=list)
    requires: list[str] = field(default_factory=list)


@dataclass(frozen=True)
class Finding:
    """A finding of the plugin, with what a person said of it.

    ``line`` is a digest of the line's text, so that a finding keeps its verdict when it moves.
    """

    project: str
    path: str
    line: str
    code: str
    function: str
    verdict: str = UNJUDGED
    reason: str = ""

    @property
    def key(self) -> tuple[str, ...]:
        """What it is known by, without the verdict."""
        return self.project, self.path, self.line, self.code, self.function


def main() -> int:
    """Check the projects; the exit status is 0 if the findings are those on file."""
    parser = argparse.ArgumentParser(description=main.__doc__)
    parser.add_argument("projects", nargs="*", help="names of projects; all if there are none")
    parser.add_argument("--update", action="store_true", help="write the findings down")
    options = parser.parse_args()
    with (ROOT / "projects.toml").open("rb") as file:
        projects = [Project(**row) for row in tomllib.load(file)["project"]]
    on_file = [Finding(**row) for row in json.loads(FINDINGS.read_text(encoding="utf-8"))]
    names = options.projects or [project.name for project in projects]
    found: list[Finding] = []
    for project in projects:
        if project.name in names:
            found += checked(project)
    before = [each for each in on_file if each.project in names]
    is_same = compare(before, found)
    after = judged(before, found)
    show_precision(after)
    if options.update:
        others = [each for each in on_file if each.project not in names]
        rows = [asdict(each) for each in sorted([*others, *after], key=lambda each: each.key)]
        FINDINGS.write_text(json.dumps(rows, indent=1) + "\n", encoding="utf-8")
    return 0 if is_same or options.update else 1


def checked(project: Project) -> list[Finding]:
    """What the plugin finds in a project; the time that it takes is printed."""
    place = BUILD / f"{project.name}-{project.version}"
    fetch(project, place)
    settings = SETTINGS.format(
        missing=project.missing, apps=project.apps, settings=project.settings
    )
    (place / "primer_settings.py").write_text(settings, encoding="utf-8")
    _, without = run_mypy(project, place, "")
    output, time = run_mypy(project, place, ", mypy_async_django")
    findings = list(read(project, place, output.splitlines()))
    print(
        f"{project.name} {project.version}: {len(findings)} findings, mypy {without:.0f} s, with the"
        f" plugin {time:.0f} s ({time / without:.2f})",
        flush=True,
    )
    return findings


def fetch(project: Project, place: Path) -> None:
    """Install what a project's models import, and unpack its wheel if that has not been done."""
    pip = [sys.executable, "-m", "pip", "--disable-pip-version-check"]
    if project.requires:
        subprocess.run([*pip, "install", "--quiet", *project.requires], check=True)
    if place.exists():
        return
    wanted = f"{project.name}=={project.version}"
    wheels = BUILD / "wheels"
    download = ["download", "--no-deps", "--only-binary", ":all:", "-d", str(wheels), wanted]
    subprocess.run([*pip, *download], check=True)
    stem = re.sub(r"[-_.]+", "_", project.name)
    [wheel] = wheels.glob(f"{stem}-{project.version}-*.whl")
    with zipfile.ZipFile(wheel) as archive:
        archive.extractall(place)


def run_mypy(project: Project, place: Path, plugin: str) -> tuple[str, float]:
    """What mypy prints of a project, a JSON object a line, and its time in the processor."""
    configuration = place / "primer.ini"
    configuration.write_text(CONFIGURATION.format(plugin=plugin), encoding="utf-8")
    path = os.pathsep.join([str(place), str(ROOT)])
    before = resource.getrusage(resource.RUSAGE_CHILDREN).ru_utime
    mypy = [sys.executable, "-m", "mypy", "--config-file", str(configuration)]
    run = subprocess.run(
        [*mypy, "--output", "json", "-p", project.package],
        cwd=place,
        env={**os.environ, "PYTHONPATH": path, "MYPYPATH": str(place)},
        capture_output=True,
        text=True,
        check=False,
    )
    if run.returncode > 1 or "failed with mypy" in run.stdout:
        sys.exit(f"mypy failed on {project.name}:\n{run.stdout[-2000:]}{run.stderr}")
    return run.stdout, resource.getrusage(resource.RUSAGE_CHILDREN).ru_utime - before


def read(project: Project, place: Path, output: Iterable[str]) -> Iterator[Finding]:
    """The plugin's findings in what mypy prints."""
    for text in output:
        row = json.loads(text)
        if row["severity"] != "error" or not _CODE.fullmatch(row["code"] or ""):
            continue
        source = (place / row["file"]).read_text(encoding="utf-8").splitlines()
        line = source[row["line"] - 1].strip()
        function = _FUNCTION.search(row["message"])
        yield Finding(
            project.name,
            Path(row["file"]).as_posix(),
            sha256(line.encode()).hexdigest()[:12],
            row["code"],
            function["name"] if function else "",
        )


def compare(before: list[Finding], found: list[Finding]) -> bool:
    """Print what is new and what is gone; whether there is neither."""
    known, now = Counter(each.key for each in before), Counter(each.key for each in found)
    for sign, rows in (("new ", now - known), ("gone", known - now)):
        for (project, path, _, code, function), times in sorted(rows.items()):
            print(f"{sign} {project}: {path}: {code} in {function or 'a sync function'} x{times}")
    return known == now


def judged(before: list[Finding], found: list[Finding]) -> list[Finding]:
    """The findings with the verdicts on file."""
    verdicts = {each.key: each for each in before}
    return [
        replace(each, verdict=verdicts[each.key].verdict, reason=verdicts[each.key].reason)
        if each.key in verdicts
        else each
        for each in found
    ]


def show_precision(findings: list[Finding]) -> None:
    """Print how many findings have each verdict, and the share of true ones."""
    verdicts = Counter(each.verdict for each in findings)
    known = verdicts["true"] + verdicts["false"]
    share = f", {verdicts['true'] / known:.0%} of true and false" if known else ""
    counts = ", ".join(f"{verdicts[verdict]} {verdict}" for verdict in VERDICTS)
    print(f"{counts}, {verdicts[UNJUDGED]} not judged{share}")


if __name__ == "__main__":
    sys.exit(main())
