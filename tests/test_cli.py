"""What ``python -m mypy_async_django`` answers."""

import json
import subprocess
import sys

import pytest

from mypy_async_django import __version__, cli, pages
from mypy_async_django.registry import RULES


def test_explains_a_code(capsys: pytest.CaptureFixture[str]) -> None:
    """The whole page."""
    assert cli.main(["explain", "async-unsafe"]) == 0
    [rule] = [rule for rule in RULES if rule.code.code == "async-unsafe"]
    assert capsys.readouterr().out == pages.page(rule)


def test_unknown_code_gets_the_nearest(capsys: pytest.CaptureFixture[str]) -> None:
    """One line, and the status of a wrong question."""
    assert cli.main(["explain", "async-unsave"]) == 2
    said = capsys.readouterr()
    assert said.out == ""
    assert said.err.startswith(
        'There is no error code "async-unsave"; the nearest: async-unsafe'
    ), said.err
    assert said.err.count("\n") == 1


def test_unknown_code_that_is_near_to_nothing(capsys: pytest.CaptureFixture[str]) -> None:
    """No guess is better than a wild one."""
    assert cli.main(["explain", "xyz"]) == 2
    assert capsys.readouterr().err == 'There is no error code "xyz"\n'


def test_lists_every_code(capsys: pytest.CaptureFixture[str]) -> None:
    """One a line, with its family and whether it is on."""
    assert cli.main(["codes"]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert sorted(line.split()[0] for line in lines) == sorted(rule.code.code for rule in RULES)
    [files] = [line for line in lines if line.startswith("async-blocking-file ")]
    assert files.endswith("  off, sub-code of async-blocking")


def test_lists_every_code_as_data(capsys: pytest.CaptureFixture[str]) -> None:
    """With its family, its title and its page."""
    assert cli.main(["codes", "--json"]) == 0
    listed = {item["code"]: item for item in json.loads(capsys.readouterr().out)}
    assert listed.keys() == {rule.code.code for rule in RULES}
    files = listed["async-blocking-file"]
    assert (files["family"], files["by_default"]) == ("async-blocking", False)
    assert files["url"].endswith("/rules/async-blocking-file/")


def test_looks_up_an_api(capsys: pytest.CaptureFixture[str]) -> None:
    """What it does, what to write instead, and since when."""
    assert cli.main(["catalogue", "QuerySet.get"]) == 0
    assert capsys.readouterr().out == (
        "django.db.models.query.QuerySet.get\n"
        "    raises SynchronousOnlyOperation (async-unsafe)\n"
        "    instead: await aget(...), since Django 4.1\n"
    )


def test_unknown_api_gets_the_nearest(capsys: pytest.CaptureFixture[str]) -> None:
    """One line, and the status of a wrong question."""
    assert cli.main(["catalogue", "slep"]) == 2
    said = capsys.readouterr().err
    assert said.startswith('The catalogue does not know "slep"; the nearest: sleep'), said


def test_runs_as_a_module() -> None:
    """As the README says."""
    command = [sys.executable, "-m", "mypy_async_django", "--version"]
    said = subprocess.run(command, capture_output=True, text=True, check=True)
    assert said.stdout == f"{__version__}\n"
