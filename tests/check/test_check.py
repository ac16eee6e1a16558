"""What ``check`` shows, and its exit status."""

import json
import os
import re
import subprocess
import sys
from collections import Counter
from collections.abc import Callable
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import pytest

from mypy_async_django.check import run
from mypy_async_django.cli import main

Check = Callable[..., subprocess.CompletedProcess[str]]


def codes(said: subprocess.CompletedProcess[str]) -> list[str]:
    """The codes of what was found, in order."""
    return [finding["code"] for finding in json.loads(said.stdout)]


DEFAULT = ["async-unsafe", "async-blocking", "async-unsafe-call"]


def test_without_configuration(check: Check) -> None:
    """The findings with their source lines; no error of mypy's own."""
    said = check("--color", "never")
    assert said.returncode == 1, said.stderr
    assert not said.stderr
    lines = said.stdout.splitlines()
    assert lines[0].startswith("mysite/views.py:13:12: error: ")
    assert lines[0].endswith("  [async-unsafe]")
    assert lines[1:3] == [
        "        user = User.objects.get(pk=1)",
        "               ^~~~~~~~~~~~~~~~~~~~~~",
    ]
    assert lines[-1] == "Found 3 errors in 1 file"
    assert "Incompatible types" not in said.stdout


def test_nothing_found(check: Check, site: Path) -> None:
    """Status 0 and one line."""
    (site / "mysite" / "views.py").write_text("x: int = ''\n")
    said = check()
    assert (said.returncode, said.stdout) == (0, "No errors found\n"), said.stderr


def test_warm_is_as_cold(check: Check, site: Path) -> None:
    """The cache of mypy holds the findings whole; its workers send them whole."""
    cold = check("--output", "json")
    assert codes(cold) == DEFAULT
    assert check("--output", "json").stdout == cold.stdout
    (site / "mysite" / "helpers.py").write_text((site / "mysite" / "helpers.py").read_text() + "\n")
    assert check("--output", "json").stdout == cold.stdout
    (site / "mypy.ini").write_text("[mypy]\nnum_workers = 2\nlocal_partial_types = True\n")
    assert codes(check("--output", "json")) == DEFAULT


@pytest.mark.parametrize(
    ("arguments", "expected"),
    [
        (["--select", "async-unsafe"], ["async-unsafe", "async-unsafe-call"]),
        (["--select", "async-unsafe-call"], ["async-unsafe-call"]),
        (["--select", "async-blocking-file"], ["async-blocking-file"]),
        (["--select", "async-blocking"], ["async-blocking"]),
        (["--ignore", "async-unsafe"], ["async-blocking"]),
        (["--ignore", "async-unsafe-call,async-blocking"], ["async-unsafe"]),
        (["--strict"], [*DEFAULT, "async-blocking-file"]),
        (["--select", "all", "--ignore", "all"], []),
    ],
    ids=" ".join,
)
def test_selects(check: Check, arguments: list[str], expected: list[str]) -> None:
    """By code and by family."""
    said = check("--output", "json", *arguments)
    assert codes(said) == expected
    assert said.returncode == (1 if expected else 0)


def test_own_settings(check: Check, site: Path) -> None:
    """Settings choose, and the command line chooses otherwise; a module's own "ignore" stays."""
    settings = "[tool.mypy_async_django]\nselect = ['async-blocking']\n"
    (site / "pyproject.toml").write_text(settings)
    assert codes(check("--output", "json")) == ["async-blocking"]
    assert codes(check("--output", "json", "--select", "default")) == DEFAULT
    ignoring = f"{settings}per_module.'mysite.*'.ignore = ['async-unsafe']\n"
    (site / "pyproject.toml").write_text(ignoring)
    assert codes(check("--output", "json", "--select", "default")) == ["async-blocking"]


@pytest.mark.parametrize("name", ["mypy.ini", "pyproject.toml"])
def test_mypys_configuration(check: Check, site: Path, name: str) -> None:
    """It is used, without what hides findings: modules whose errors mypy is to ignore."""
    if name == "mypy.ini":
        text = "[mypy]\nfiles = mysite\npretty = True\n[mypy-mysite.*]\nignore_errors = True\n"
    else:
        text = (
            "[tool.mypy]\nfiles = ['mysite']\npretty = true\n"
            "[[tool.mypy.overrides]]\nmodule = 'mysite.*'\nignore_errors = true\n"
        )
    (site / name).write_text(text)
    (site / "left_out.py").write_text("import time\nasync def f(): time.sleep(1)\n")
    said = check("--output", "json")
    assert codes(said) == DEFAULT, said.stderr
    assert (site / name).read_text() == text


def test_packages_that_python_cannot_import(check: Check, site: Path) -> None:
    """Templates of projects and folders with a dash, which would end mypy's run, are left out."""
    for name in ("{{ name }}", "some-app"):
        (site / "templates" / name).mkdir(parents=True)
        (site / "templates" / name / "__init__.py").touch()
        (site / "templates" / name / "code.py").write_text("{{ not python")
    (site / "scripts").mkdir()
    (site / "tools").mkdir()
    (site / "scripts" / "same.py").write_text("x = 1\n")
    (site / "tools" / "same.py").write_text("import time\nasync def f(): time.sleep(1)\n")
    said = check("--output", "json")
    assert codes(said) == [*DEFAULT, "async-blocking"], said.stderr


def test_syntax_error(check: Check, site: Path) -> None:
    """It is shown with its place, and the status is 2."""
    (site / "mysite" / "broken.py").write_text("def f(:\n")
    said = check()
    assert said.returncode == 2, said.stdout
    assert "mysite/broken.py:1:" in said.stderr
    assert not said.stdout


@pytest.mark.parametrize(
    ("package", "status", "problem"),
    [
        ("django", 2, "error: Django is not installed for "),
        ("mypy_django_plugin", 1, "note: django-stubs is not installed for "),
    ],
)
def test_not_installed(
    site: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    package: str,
    status: int,
    problem: str,
) -> None:
    """A package that is missing is named, and what to do."""
    monkeypatch.chdir(site)
    monkeypatch.setattr(run, "find_spec", lambda name: None if name == package else find_spec(name))
    assert main(["check"]) == status
    said = capsys.readouterr().err.splitlines()
    assert [line for line in said if line.startswith(problem)], said


def checked_with(site: Path, hidden: Path) -> subprocess.CompletedProcess[str]:
    """Run the command where a folder's modules come before those that are installed."""
    return subprocess.run(
        [sys.executable, "-m", "mypy_async_django", "check"],
        cwd=site,
        env={**os.environ, "PYTHONPATH": str(hidden)},
        capture_output=True,
        text=True,
        check=False,
    )


def test_plugin_that_fails(site: Path) -> None:
    """Where django-stubs' plugin cannot be imported, the rest is checked without it."""
    (site / "hidden" / "mypy_django_plugin").mkdir(parents=True)
    (site / "hidden" / "mypy_django_plugin" / "__init__.py").write_text("raise ImportError('no')")
    said = checked_with(site, site / "hidden")
    assert said.returncode == 1, said.stderr
    assert "cannot be loaded, so less is known of models: ImportError: no" in said.stderr
    assert "[async-blocking]" in said.stdout


def test_our_plugin_that_fails(site: Path) -> None:
    """The failure is told, and is no success."""
    (site / "hidden").mkdir()
    patch = "import mypy_async_django.bridge.installed as installed\ninstalled.top_level = None\n"
    (site / "hidden" / "sitecustomize.py").write_text(patch)
    said = checked_with(site, site / "hidden")
    assert said.returncode == 2, said.stdout
    assert re.search(r"mypy-async-django \S+ failed with mypy \S+: TypeError", said.stderr)


def test_files_with_dots_in_their_names(check: Check, site: Path) -> None:
    """A hook of PyInstaller has a name that no module has."""
    (site / "hook-shop.views.py").write_text(
        "import time\n\n\nasync def wait() -> None:\n    time.sleep(1)\n"
    )
    assert "async-blocking" in codes(check("hook-shop.views.py", "--output", "json"))


def test_section_with_a_near_name(check: Check, site: Path) -> None:
    """It is refused also where mypy has no configuration."""
    (site / "pyproject.toml").write_text("[tool.mypy-async-django]\nlinks = true\n")
    said = check()
    assert said.returncode == 2
    assert "did you mean [tool.mypy_async_django]?" in said.stderr


def test_settings_that_fail(check: Check, site: Path) -> None:
    """The reason is told, and the rest is checked."""
    with (site / "mysite" / "settings.py").open("a") as settings:
        settings.write("import os\nos.environ['THE_MISSING_ONE']\n")
    said = check("--output", "json")
    assert said.returncode == 1
    assert set(codes(said)) >= {"async-unsafe", "async-blocking"}
    assert 'Settings module "mysite.settings"' in said.stderr
    assert "KeyError: 'THE_MISSING_ONE'" in said.stderr


@pytest.mark.parametrize(
    ("arguments", "problem"),
    [
        (
            ["--select", "async-unsave"],
            'There is no error code "async-unsave"; did you mean "async-',
        ),
        (["nowhere.py"], "nowhere.py does not exist"),
        (["--update-baseline"], "--update-baseline needs --baseline FILE"),
        (["--baseline", "none.json"], "none.json does not exist"),
        (["--baseline", "manage.py"], "manage.py is not a baseline"),
        (["--diff-base", "HEAD"], "--diff-base: git says: "),
    ],
    ids=" ".join,
)
def test_wrong_arguments(check: Check, arguments: list[str], problem: str) -> None:
    """One line, status 2, and nothing is checked."""
    said = check(*arguments)
    assert said.returncode == 2
    assert said.stderr.startswith(f"error: {problem}"), said.stderr
    assert said.stderr.count("\n") == 1


def test_exit_zero_and_statistics(check: Check) -> None:
    """The most frequent first."""
    said = check("--exit-zero", "--statistics", "--strict")
    assert said.returncode == 0
    counted = [line.split() for line in said.stdout.splitlines()[-5:-1]]
    assert Counter({code: int(count) for count, code in counted}) == Counter(
        [*DEFAULT, "async-blocking-file"]
    )


def test_baseline(check: Check, site: Path) -> None:
    """Known errors stay known when lines move; a new one of the same kind is shown."""
    views = site / "mysite" / "views.py"
    assert check("--baseline", "known.json", "--update-baseline").returncode == 0
    said = check("--baseline", "known.json")
    assert (said.returncode, said.stdout) == (0, "No new errors (3 in the baseline)\n")
    views.write_text(f'"""Moved by a line."""\n{views.read_text()}')
    assert check("--baseline", "known.json").returncode == 0
    views.write_text(views.read_text().replace("time.sleep(1)", "time.sleep(1)\n    time.sleep(1)"))
    said = check("--baseline", "known.json", "--output", "json")
    assert codes(said) == ["async-blocking"]
    views.write_text(views.read_text().replace("    time.sleep(1)\n", ""))
    said = check("--baseline", "known.json")
    assert said.returncode == 0
    assert "1 entries of known.json are fixed" in said.stderr


def test_diff_base(check: Check, site: Path) -> None:
    """Only files that differ from the revision, and those that git does not know yet."""

    def git(*arguments: str) -> None:
        who = ("-c", "user.name=a", "-c", "user.email=a@b.c")
        subprocess.run(["git", *who, *arguments], cwd=site, check=True, capture_output=True)

    git("init", "-q")
    git("add", ".")
    git("commit", "-qm", "first")
    assert codes(check("--diff-base", "HEAD", "--output", "json")) == []
    (site / "mysite" / "new.py").write_text("import time\nasync def f(): time.sleep(1)\n")
    assert codes(check("--diff-base", "HEAD", "--output", "json")) == ["async-blocking"]
    views = site / "mysite" / "views.py"
    views.write_text(views.read_text() + "\n")
    said = check("--diff-base", "HEAD", "--output", "json")
    assert sorted(codes(said)) == sorted([*DEFAULT, "async-blocking"])


def test_cache_is_ignored_by_git(check: Check, site: Path) -> None:
    """Nothing of it shows in git's status."""
    check()
    subprocess.run(["git", "init", "-q"], cwd=site, check=True)
    said = subprocess.run(
        ["git", "status", "--short", "--untracked-files=all"],
        cwd=site,
        check=True,
        capture_output=True,
        text=True,
    )
    assert ".mypy_async_django_cache" not in said.stdout


def finding(check: Check, code: str) -> dict[str, Any]:
    """The one finding of a code."""
    [found] = [
        found for found in json.loads(check("--output", "json").stdout) if found["code"] == code
    ]
    assert isinstance(found, dict)
    return found


def test_json(check: Check) -> None:
    """Places count from 1, ends are exclusive."""
    found = finding(check, "async-unsafe")
    assert found["path"] == "mysite/views.py"
    assert (found["line"], found["column"]) == (13, 12)
    assert (found["end_line"], found["end_column"]) == (13, 34)
    assert found["function"] == "mysite.views.index"
    assert found["url"].endswith("/rules/async-unsafe/")
    assert any("aget(pk=1)" in note["message"] for note in found["notes"])


def test_github(check: Check) -> None:
    """One command a line; what would end a property or a line is escaped."""
    lines = check("--output", "github").stdout.splitlines()
    assert len(lines) == 3
    assert lines[0].startswith(
        "::error title=mypy-async-django (async-unsafe),"
        "file=mysite/views.py,line=13,endLine=13,col=12,endColumn=34::"
    )
    assert "%0AUse " in lines[0]


def test_gitlab(check: Check) -> None:
    """What GitLab asks of a report: unique fingerprints, a known severity, a relative path."""
    report = json.loads(check("--output", "gitlab").stdout)
    assert len({entry["fingerprint"] for entry in report}) == len(report) == 3
    for entry in report:
        assert {"description", "check_name", "fingerprint", "severity", "location"} <= entry.keys()
        assert entry["severity"] in ("info", "minor", "major", "critical", "blocker")
        assert entry["location"]["path"] == "mysite/views.py"
        assert entry["location"]["lines"]["begin"] > 0


def test_sarif(check: Check) -> None:
    """Each result names a rule of the tool by its index."""
    log = json.loads(check("--output", "sarif").stdout)
    assert log["version"] == "2.1.0"
    [run] = log["runs"]
    rules = run["tool"]["driver"]["rules"]
    assert len(run["results"]) == 3
    for result in run["results"]:
        assert rules[result["ruleIndex"]]["id"] == result["ruleId"]
        region = result["locations"][0]["physicalLocation"]["region"]
        assert (region["startLine"], region["startColumn"]) < (
            region["endLine"],
            region["endColumn"],
        )
