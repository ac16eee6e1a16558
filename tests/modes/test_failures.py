"""The plugin fails: one error, in each mode, and mypy's own errors."""

import os
import subprocess
import sys
from pathlib import Path
from typing import Final

import pytest
from failing_plugin import fail
from harness import Daemon, Places, Project

import mypy_async_django
from mypy_async_django.daemon.engine import DaemonEngine

ROOT: Final = Path(mypy_async_django.__file__).parent.parent
FILES: Final = {
    "view.py": "import time\n\n\nasync def view() -> None:\n    time.sleep(1)\n",
    **{f"other{n}.py": f"def other() -> int:\n    return '{n}'\n" for n in range(4)},
}
OURS: Final = "mypy-async-django 0"
MYPYS: Final = "[return-value]"


@pytest.fixture
def project(tmp_path: Path) -> Project:
    """A project with a finding of ours and errors of mypy's."""
    project = Places(tmp_path).project()
    project.apply(FILES)
    return project


@pytest.mark.parametrize("arguments", [(), ("--cache-dir=/dev/null",), ("-n2",), ("-n4",)])
def test_one_error(project: Project, arguments: tuple[str, ...]) -> None:
    """One, also if several processes fail, and again when mypy has its cache."""
    failing = Path(__file__).with_name("failing_plugin.py")
    project.write(
        "mypy.ini", f"[mypy]\nplugins = {failing}, mypy_async_django\nincremental = True\n"
    )
    for _ in range(2):
        done = subprocess.run(
            [sys.executable, "-m", "mypy", *arguments, "."],
            cwd=project.folder,
            capture_output=True,
            text=True,
            check=False,
        )
        assert done.stdout.count(OURS) == 1, done.stdout + done.stderr
        assert done.stdout.count(MYPYS) == 4
        assert done.stdout.count("issues") == 1
        assert (done.returncode, done.stderr) == (1, "")


def test_daemon(project: Project, monkeypatch: pytest.MonkeyPatch) -> None:
    """The error is there in each update, once, and mypy's errors are."""
    monkeypatch.setattr(DaemonEngine, "module_checked", fail)
    daemon = Daemon(project)
    for text in ("x = 1\n", "x = 2\n", "x = len('')\n"):
        messages = daemon.checked().messages
        assert sum(OURS in each and ": error: " in each for each in messages) == 1, messages
        assert sum(MYPYS in each for each in messages) == 4
        project.write("new.py", text)


def test_daemon_that_fails_later(project: Project, monkeypatch: pytest.MonkeyPatch) -> None:
    """Until then there are findings, from then on there is the error."""
    daemon = Daemon(project)
    assert any("[async-blocking]" in each for each in daemon.checked().messages)
    monkeypatch.setattr(DaemonEngine, "module_checked", fail)
    for text in ("x = 1\n", "x = 2\n"):
        project.write("new.py", text)
        messages = daemon.checked().messages
        assert sum(OURS in each and ": error: " in each for each in messages) == 1, messages
        assert sum(MYPYS in each for each in messages) == 4


def test_stubtest(project: Project) -> None:
    """It compares a module without a stub with itself: we leave no name of ours in there."""
    project.write("plain.py", "import time\n\n\nasync def view() -> None:\n    time.time()\n")
    done = subprocess.run(
        [sys.executable, "-m", "mypy.stubtest", "--mypy-config-file=mypy.ini", "plain"],
        cwd=project.folder,
        env={**os.environ, "MYPYPATH": ".", "PYTHONPATH": os.pathsep.join([".", str(ROOT)])},
        capture_output=True,
        text=True,
        check=False,
    )
    assert "mypy_async_django" not in done.stdout + done.stderr
    assert done.returncode == 0, done.stdout + done.stderr
