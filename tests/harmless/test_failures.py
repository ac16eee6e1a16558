"""An exception in a rule, or in a summary, is one error; mypy goes on."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from mypy import api
from mypy.dmypy_server import Server
from mypy.find_sources import create_source_list
from mypy.main import process_options

from mypy_async_django import engine
from mypy_async_django.bridge.members import Members
from mypy_async_django.effects import summary_store
from mypy_async_django.finding import Finding
from mypy_async_django.index.syntax.body import Body
from mypy_async_django.registry import RULES

PROGRAM = """\
import time


async def first() -> None:
    time.sleep(1)


async def second() -> None:
    time.sleep(1)
    number: int = ""
"""


def broken(body: Body) -> Iterator[Finding]:
    """A rule that fails in one function."""
    if body.name == "second":
        raise KeyError("what")
    yield from ()


@pytest.fixture
def program(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A program and a configuration, in the current folder."""
    (tmp_path / "program.py").write_text(PROGRAM)
    (tmp_path / "mypy.ini").write_text("[mypy]\nplugins = mypy_async_django\n")
    monkeypatch.chdir(tmp_path)


@pytest.fixture
def broken_rule(monkeypatch: pytest.MonkeyPatch) -> None:
    """One more rule."""
    rules = (RULES[0]._replace(findings=broken), *RULES)
    monkeypatch.setattr(engine, "RULES", rules)


@pytest.mark.usefixtures("program", "broken_rule")
def test_exception_in_a_rule_is_one_error() -> None:
    """It says where, and what else there is to say is said."""
    out, err, status = api.run(["program.py", "--cache-dir=/dev/null"])
    assert (err, status) == ("", 1)
    assert out.count('failed in rule "async-blocking" on "second": KeyError(\'what\')') == 1
    assert "--show-traceback" in out
    assert out.count("[async-blocking]") == 2
    assert out.count("[assignment]") == 1


@pytest.mark.usefixtures("program", "broken_rule")
def test_exception_in_a_rule_is_shown_on_request(capfd: pytest.CaptureFixture[str]) -> None:
    """With ``--show-traceback`` it ends our part of the run, and one can see where it came from."""
    out, err, status = api.run(["program.py", "--cache-dir=/dev/null", "--show-traceback"])
    captured = capfd.readouterr()
    assert status == 1
    assert "in broken" in err + captured.err
    assert out.count("error: mypy-async-django") == 1
    assert out.count("[assignment]") == 1


@pytest.mark.usefixtures("program")
def test_exception_in_the_daemon_does_not_end_it(monkeypatch: pytest.MonkeyPatch) -> None:
    """What fails to be inferred is told, and the next increment comes."""

    def attribute(*_: object) -> None:
        raise KeyError("what")

    monkeypatch.setattr(Members, "attribute", attribute)
    _, options = process_options(["--check-untyped-defs"], require_targets=False)
    options.fine_grained_incremental = options.local_partial_types = True
    server = Server(options, "status.json")
    Path("program.py").write_text(f"{PROGRAM}    unknown = first.unknown.name\n")
    for _ in range(2):
        said = server.check(create_source_list(["program.py"], options), False, False, 80)
        assert "Traceback" not in said["err"]
        assert said["out"].count("[async-blocking]") == 2
        assert said["out"].count("[assignment]") == 1
        Path("program.py").write_text(f"\n{Path('program.py').read_text()}")


@pytest.mark.usefixtures("program")
def test_exception_in_a_summary_is_one_error(monkeypatch: pytest.MonkeyPatch) -> None:
    """Nothing is known of the function then."""

    def summary_named(*_: object) -> None:
        raise KeyError("what")

    monkeypatch.setattr(summary_store, "summary_named", summary_named)
    Path("program.py").write_text(f"def helper() -> None: ...\n{PROGRAM}    helper()\n")
    out, err, status = api.run(["program.py", "--cache-dir=/dev/null"])
    assert (err, status) == ("", 1)
    assert out.count("failed in the summary of") == 1
    assert out.count("[async-blocking]") == 2
