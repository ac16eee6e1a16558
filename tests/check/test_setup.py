"""What ``check-setup`` tells, and what is said of names that are defined nowhere."""

import json
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest

from mypy_async_django.check import names
from mypy_async_django.config import Config

Check = Callable[..., subprocess.CompletedProcess[str]]

MODULE = """\
import os
from json import loads as parse

LIMIT = 3
if LIMIT:
    def either(): ...

def function(): ...

class Plain:
    attribute = 1
    def method(self): ...

class Child(Plain):
    pass
"""


def test_report(check: Check, site: Path) -> None:
    """Ten lines at most, each with what is there."""
    (site / "mysite" / "more.py").write_text("import requests, nowhere\n")
    said = check(command="check-setup")
    assert said.returncode == 0, said.stderr
    assert len(said.stdout.splitlines()) <= 10
    assert "mysite.settings, from " in said.stdout
    assert said.stdout.count("can be loaded") == 1
    [untyped] = [line for line in said.stdout.splitlines() if line.startswith("without types:")]
    assert "nowhere" in untyped
    assert "django" not in untyped
    assert "mysite" not in untyped


def test_names_are_told(check: Check, site: Path) -> None:
    """By ``check-setup`` and by ``check``, which goes on."""
    (site / "pyproject.toml").write_text(
        "[tool.mypy_async_django]\n"
        "trusted = ['mysite.helpers.nmes', 'mysite.helpers.names', 'nowhere.at_all']\n"
    )
    for command in ("check", "check-setup"):
        said = check(command=command)
        text = said.stdout + said.stderr
        assert text.count("which is defined nowhere") == 2, text
        assert "mysite.helpers.nmes" in text
        assert "nowhere.at_all" in text


def test_name(check: Check, site: Path) -> None:
    """The names that settings take, of a function, a method and a class's row, cold and warm."""
    for _ in range(2):
        said = check("mysite/views.py:13", command="name")
        assert "User.objects.get  django.db.models.manager.Manager.get" in said.stdout
        said = check("mysite/views.py:15", command="name")
        assert said.stdout.splitlines() == ["names  mysite.helpers.names", "print  builtins.print"]
        said = check("mysite/views.py:17", command="name")
        assert "user.username  django.contrib.auth.models.AbstractUser.username" in said.stdout
        assert len(json.loads(check("--output", "json").stdout)) == 3
    assert check("mysite/views.py:1", command="name").returncode == 2
    assert check("mysite/none.py:1", command="name").returncode == 2


def test_wrong_settings(check: Check, site: Path) -> None:
    """Status 2 with the message, from both commands."""
    (site / "pyproject.toml").write_text("[tool.mypy_async_django]\ntrustd = []\n")
    for command in ("check", "check-setup"):
        said = check(command=command)
        assert said.returncode == 2
        assert 'unknown key "trustd"; did you mean "trusted"' in said.stderr


@pytest.mark.parametrize(
    ("name", "is_defined"),
    [
        ("room.function", True),
        ("room.either", True),
        ("room.parse", True),
        ("room.os.path", True),
        ("room.Plain.method", True),
        ("room.Plain.attribute", True),
        ("room.Child.inherited", True),
        ("room.Plain.methd", False),
        ("room.functoin", False),
        ("rom.function", False),
        ("django.db.models.query.QuerySet.get", True),
        ("django.db.models.query.nowhere", False),
        ("math.sqrt", True),
    ],
)
def test_defined(tmp_path: Path, name: str, is_defined: bool) -> None:
    """In the project, in packages and in the standard library; what may be counts as defined."""
    (tmp_path / "room.py").write_text(MODULE)
    found = names.undefined(Config(trusted=(name,)), [tmp_path])
    assert found == ([] if is_defined else [("trusted", name)])
