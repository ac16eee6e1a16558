"""What is said where an internal of mypy's is gone or fails: one error of ours, and nothing else.

mypy is run from a copy of its Python files, in which a name is another one everywhere: as it would be
in a release of mypy that has renamed it.
"""

import os
import re
import subprocess
import sys
from pathlib import Path
from typing import Final

import mypy
import pytest
import small_typeshed
from mypy.version import __version__ as mypy_version

import mypy_async_django

ROOT: Final = Path(mypy_async_django.__file__).parent.parent
FILES: Final = {
    "mypy.ini": "[mypy]\nplugins = mypy_async_django\n",
    "views.py": "import time\n\nasync def page() -> None:\n    time.sleep(1)\n",
    "other.py": "def other() -> int:\n    return len('') + ''\n",
}
#: mypy's own error, which has to be there whatever happens to us.
MYPYS: Final = "other.py:2: error: Unsupported operand types"
OURS: Final = "[async-blocking]"
RENAMED: Final = (
    "GeneratorExpr",
    "_type_maps",
    "_watchers",
    "checker_state",
    "clone_for_module",
    "current_target",
    "fine_grained_incremental",
    "flushed_files",
    "get_additional_deps",
    "get_additional_indirect_deps",
    "get_method_hook",
    "get_search_dirs",
    "has_type",
    "is_check",
    "is_coroutine",
    "is_dynamic",
    "lookup_type_or_none",
    "num_workers",
    "origin_span",
    "plugin_deps",
    "refresh_partial",
    "report_config_data",
    "saved_scope",
    "snapshot_symbol_table",
)
#: Without these no error can be reported, and mypy's run ends with the message.
NEEDED_TO_REPORT: Final = ("apply_changes", "error_info_map", "ignored_files", "set_file")
NOTHING: Final = "$^"


@pytest.fixture(scope="module")
def typeshed(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The stubs that mypy is run with."""
    folder = tmp_path_factory.mktemp("typeshed")
    small_typeshed.write(folder)
    return folder


@pytest.fixture
def project(tmp_path: Path) -> Path:
    """A project with a finding of ours and an error of mypy's."""
    folder = tmp_path / "project"
    folder.mkdir()
    for name, text in FILES.items():
        (folder / name).write_text(text)
    return folder


def changed_mypy(folder: Path, old: str, new: str) -> Path:
    """A copy of mypy's Python files with each ``old``, a pattern, replaced."""
    source = Path(mypy.__file__).parent
    for path in source.rglob("*.py"):
        copy = folder / "mypy" / path.relative_to(source)
        copy.parent.mkdir(parents=True, exist_ok=True)
        copy.write_text(re.sub(old, new, path.read_text()))
    return folder


def renamed(folder: Path, name: str) -> Path:
    """A copy of mypy in which a name is another one; modules are called as before."""
    return changed_mypy(folder, rf"(?<!mypy\.)\b{name}\b", f"{name}_renamed")


def run(
    project: Path, copy: Path, typeshed: Path, *arguments: str
) -> "subprocess.CompletedProcess[str]":
    """Run a copy of mypy on a project."""
    done = subprocess.run(
        [sys.executable, "-m", "mypy", "--custom-typeshed-dir", str(typeshed), *arguments, "."],
        cwd=project,
        env={**os.environ, "PYTHONPATH": os.pathsep.join([str(copy), str(ROOT)])},
        capture_output=True,
        text=True,
        check=False,
    )
    assert "INTERNAL ERROR" not in done.stdout + done.stderr
    return done


def failures(output: str) -> list[str]:
    """The errors that name this project."""
    return [line for line in output.splitlines() if "error: mypy-async-django 0" in line]


def test_mypy_as_it_is(tmp_path: Path, project: Path, typeshed: Path) -> None:
    """The copy works: what is said below is because of the change."""
    done = run(project, changed_mypy(tmp_path / "copy", NOTHING, ""), typeshed)
    assert OURS in done.stdout, done.stdout + done.stderr
    assert MYPYS in done.stdout
    assert failures(done.stdout) == []


@pytest.mark.parametrize("name", RENAMED)
def test_renamed(tmp_path: Path, project: Path, typeshed: Path, name: str) -> None:
    """One error that names us, mypy and what is missing; mypy's own errors are there."""
    done = run(project, renamed(tmp_path / "copy", name), typeshed)
    [failure] = failures(done.stdout)
    assert f"mypy {mypy_version}" in failure
    assert name in failure
    assert MYPYS in done.stdout
    assert (done.returncode, done.stderr) == (1, "")


@pytest.mark.parametrize("name", NEEDED_TO_REPORT)
def test_renamed_what_reports_errors(
    tmp_path: Path, project: Path, typeshed: Path, name: str
) -> None:
    """The run ends with one message and status 2."""
    done = run(project, renamed(tmp_path / "copy", name), typeshed)
    assert len(failures(done.stderr)) == 1, done.stdout + done.stderr
    assert done.returncode == 2


@pytest.mark.parametrize(
    ("file", "definition"),
    [
        ("modulefinder.py", "def get_search_dirs("),
        ("server/astdiff.py", "def snapshot_symbol_table("),
        ("scope.py", "def saved_scope("),
    ],
)
def test_raising(tmp_path: Path, project: Path, typeshed: Path, file: str, definition: str) -> None:
    """An exception in mypy's code is one error if the plugin runs that code, else none."""
    copy = changed_mypy(tmp_path / "copy", NOTHING, "")
    path = copy / "mypy" / file
    before, found, after = path.read_text().partition(definition)
    indent = " " * (4 if before.endswith("\n") else 8)
    signature, colon, body = after.partition(":\n")
    assert found
    assert colon
    fails = (
        f"{indent}import sys\n{indent}callers = [sys._getframe(1), sys._getframe(2)]\n"
        f"{indent}if any('mypy_async_django' in str(f.f_code.co_filename) for f in callers):\n"
        f"{indent}    raise RuntimeError('broken')\n"
    )
    path.write_text(f"{before}{found}{signature}{colon}{fails}{body}")
    done = run(project, copy, typeshed)
    assert len(failures(done.stdout)) + done.stdout.count(OURS) == 1, done.stdout + done.stderr
    assert MYPYS in done.stdout


def test_one_more_argument(tmp_path: Path, project: Path, typeshed: Path) -> None:
    """A hook that mypy gives more than today works."""
    copy = changed_mypy(tmp_path / "copy", r"\.set_modules\(modules\)", ".set_modules(modules, 1)")
    plugin = copy / "mypy" / "plugin.py"
    text = plugin.read_text()
    assert ".set_modules(modules, 1)" in text
    plugin.write_text(
        text.replace(
            "def set_modules(self, modules: dict[str, MypyFile])",
            "def set_modules(self, modules: dict[str, MypyFile], *_: int)",
        )
    )
    assert OURS in run(project, copy, typeshed).stdout


def test_traceback(tmp_path: Path, project: Path, typeshed: Path) -> None:
    """``--show-traceback`` shows where it happened, and nothing else changes."""
    done = run(project, renamed(tmp_path / "copy", "origin_span"), typeshed, "--show-traceback")
    assert "Traceback (most recent call last)" in done.stderr
    assert "mypy_async_django" in done.stderr
    assert len(failures(done.stdout)) == 1
    assert done.returncode == 1


def test_said_again_from_the_cache(tmp_path: Path, project: Path, typeshed: Path) -> None:
    """What a run has stored in which the plugin failed does not pass for checked."""
    copy = renamed(tmp_path / "copy", "origin_span")
    for _ in range(2):
        assert len(failures(run(project, copy, typeshed).stdout)) == 1
    done = run(project, changed_mypy(tmp_path / "good", NOTHING, ""), typeshed)
    assert OURS in done.stdout
    assert failures(done.stdout) == []


@pytest.mark.parametrize("version", ["2.3.1", "2.0.0", "1.20.0+dev"])
def test_mypy_that_is_too_old(tmp_path: Path, project: Path, typeshed: Path, version: str) -> None:
    """One message and status 2."""
    copy = changed_mypy(tmp_path / "copy", r"(?m)^__version__ = .*", f"__version__ = '{version}'")
    done = run(project, copy, typeshed)
    assert "mypy: error: mypy-async-django needs mypy 2.4 or later" in done.stderr
    assert version in done.stderr
    assert done.returncode == 2


@pytest.mark.parametrize("is_verbose", [True, False])
def test_mypy_that_is_newer_than_tested(
    tmp_path: Path, project: Path, typeshed: Path, *, is_verbose: bool
) -> None:
    """It works, and with ``--verbose`` it says so once."""
    copy = changed_mypy(tmp_path / "copy", r"(?m)^__version__ = .*", "__version__ = '2.99.0'")
    done = run(project, copy, typeshed, *["--verbose"] * is_verbose)
    assert OURS in done.stdout
    assert done.stderr.count("is tested with mypy up to") == is_verbose
