"""Which codes are reported: our settings beside mypy's options, in mypy and in its daemon."""

import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

CODE = """\
import time
from pathlib import Path


async def page() -> str:
    time.sleep(1)
    return Path("page").read_text()
"""

PLUGIN = "[tool.mypy]\nplugins = ['mypy_async_django']\n"
SECTION = "[tool.mypy_async_django]\n"


def codes_reported(folder: Path, configuration: str, *, code: str = CODE) -> list[str]:
    """The codes that mypy reports for the program, in order."""
    (folder / "pyproject.toml").write_text(configuration)
    (folder / "pages.py").write_text(code)
    said = subprocess.run(
        [sys.executable, "-m", "mypy", "--cache-dir", "cache", "pages.py"],
        cwd=folder,
        capture_output=True,
        text=True,
        check=False,
    )
    assert said.returncode in (0, 1), said.stdout + said.stderr
    return [line.rpartition("[")[2][:-1] for line in said.stdout.splitlines() if ": error:" in line]


@pytest.mark.parametrize(
    ("settings", "codes"),
    [
        ("", ["async-blocking"]),
        ("select = ['all']", ["async-blocking", "async-blocking-file"]),
        ("select = ['default', 'async-blocking-file']", ["async-blocking", "async-blocking-file"]),
        ("select = ['async-blocking']", ["async-blocking"]),
        ("select = ['async-unsafe']", []),
        ("select = ['async-blocking-file']", ["async-blocking-file"]),
        ("select = ['all']\nignore = ['async-blocking']", []),
        ("select = []\nper_module.pages.select = ['default']", ["async-blocking"]),
        ("per_module.'pages.*'.ignore = ['all']", []),
        ("per_module.'other.*'.ignore = ['all']", ["async-blocking"]),
    ],
)
def test_settings(tmp_path: Path, settings: str, codes: list[str]) -> None:
    """By code, by family, for all modules and for some."""
    assert codes_reported(tmp_path, f"{PLUGIN}{SECTION}{settings}\n") == codes


@pytest.mark.parametrize(
    ("options", "settings", "codes"),
    [
        ("disable_error_code = ['async-blocking']", "select = ['all']", []),
        ("enable_error_code = ['async-blocking-file']", "select = []", ["async-blocking-file"]),
        ("enable_error_code = ['async-blocking-file']", "ignore = ['async-blocking']", []),
    ],
)
def test_mypys_options(tmp_path: Path, options: str, settings: str, codes: list[str]) -> None:
    """What mypy disables stays off, what it enables is on unless a setting ignores it."""
    assert codes_reported(tmp_path, f"{PLUGIN}{options}\n{SECTION}{settings}\n") == codes


def test_comment(tmp_path: Path) -> None:
    """A comment for mypy at a module's top holds there."""
    code = f'# mypy: disable-error-code="async-blocking"\n{CODE}'
    settings = f"{PLUGIN}{SECTION}select = ['all']\n"
    assert codes_reported(tmp_path, settings, code=code) == []


def test_changed_settings_are_seen_with_a_warm_cache(tmp_path: Path) -> None:
    """What was checked under other settings is checked again."""
    assert codes_reported(tmp_path, PLUGIN) == ["async-blocking"]
    assert codes_reported(tmp_path, f"{PLUGIN}{SECTION}select = []\n") == []
    assert codes_reported(tmp_path, PLUGIN) == ["async-blocking"]


@pytest.fixture(name="daemon")
def daemon_(tmp_path: Path) -> Iterator[list[str]]:
    """The command of a daemon of its own, which ends with the test."""
    command = [sys.executable, "-m", "mypy.dmypy", "--status-file", str(tmp_path / "status.json")]
    yield command
    subprocess.run([*command, "kill"], capture_output=True, check=False)


def test_daemon_runs_with_settings(tmp_path: Path, daemon: list[str]) -> None:
    """Options of mypy may not name a plugin's code in ``dmypy run``; the settings may."""
    settings = f"{PLUGIN}{SECTION}select = ['async-blocking-file']\n"
    (tmp_path / "pyproject.toml").write_text(settings)
    (tmp_path / "pages.py").write_text(CODE)
    for _ in range(2):
        said = subprocess.run(
            [*daemon, "run", "--", "pages.py"],
            cwd=tmp_path,
            capture_output=True,
            text=True,
            check=False,
        )
        assert "pages.py:7: error: " in said.stdout, said.stdout + said.stderr
        assert "[async-blocking-file]" in said.stdout
        assert "[async-blocking]" not in said.stdout


def test_links(tmp_path: Path) -> None:
    """A code's first error in a file has the address of its page, if that is asked for."""
    code = f"{CODE}\n\nasync def other() -> None:\n    time.sleep(1)\n"
    for settings, links in (("", 0), ("links = true\n", 1)):
        (tmp_path / "pyproject.toml").write_text(f"{PLUGIN}{SECTION}{settings}")
        (tmp_path / "pages.py").write_text(code)
        said = subprocess.run(
            [sys.executable, "-m", "mypy", "--cache-dir", "cache", "pages.py"],
            cwd=tmp_path,
            capture_output=True,
            text=True,
            check=False,
        )
        assert said.stdout.count("/rules/async-blocking/\n") == links, said.stdout
