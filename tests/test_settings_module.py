"""Settings modules are read as data: what is plain is known, all else is unknown, and nothing runs."""

from pathlib import Path
from textwrap import dedent
from types import SimpleNamespace
from typing import Any

import pytest

from mypy_async_django import settings_module
from mypy_async_django.catalogue.settings import facts

LOCMEM = "django.core.cache.backends.locmem.LocMemCache"


def settings(folder: Path, text: str, **modules: str) -> dict[str, Any]:
    """The known settings of a module ``project/settings.py`` beside other modules."""
    package = folder / "project"
    package.mkdir(exist_ok=True)
    (package / "__init__.py").touch()
    for name, source in {"settings": text, **modules}.items():
        (package / f"{name}.py").write_text(dedent(source))
    found = settings_module.read("project.settings", [folder])
    assert found is not None
    return vars(found)


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("X = 'a'", "a"),
        ("A = 'a'; X = A + '.b'", "a.b"),
        ("X = ('a', 'b')", ["a", "b"]),
        ("X = ['a'] + ['b']", ["a", "b"]),
        ("A = ['a']; X = [*A, 'b']", ["a", "b"]),
        ("X = ['a']; X += ['b']", ["a", "b"]),
        ("X = ['b']; X.insert(0, 'a')", ["a", "b"]),
        ("X = ['a']; X.append('b')", ["a", "b"]),
        ("X: list[str] = ['a']", ["a"]),
        ("A = {'x': 1}; X = {**A, 'y': 2}", {"x": 1, "y": 2}),
        ("X = {'x': 1} | {'y': 2}", {"x": 1, "y": 2}),
        ("X = dict(x=1)", {"x": 1}),
        ("X = {'d': {}}; X['d']['b'] = 'c'", {"d": {"b": "c"}}),
        ("DEBUG = True\nif DEBUG:\n    X = 1\nelse:\n    X = 2", 1),
        ("if not True:\n    X = 1\nelse:\n    X = 2", 2),
        ("import os\nif os.environ['A']:\n    X = 1\nelse:\n    X = 1", 1),
        ("def f():\n    X = 2\nX = 1", 1),
    ],
)
def test_known(tmp_path: Path, text: str, value: object) -> None:
    """Constants, what is put together of them, and conditions on them."""
    assert settings(tmp_path, text)["X"] == value


@pytest.mark.parametrize(
    "text",
    [
        "import os; X = os.environ.get('X', 'a')",
        "X = 'a'\nimport os\nif os.environ['A']:\n    X = 'b'",
        "X = ['a']\nfor name in 'bc':\n    X.append(name)",
        "X = ['a', env('B')]",
        "X = 'a'\ntry:\n    from local import *\nexcept ImportError:\n    pass",
        "X = 'a'\nfrom missing.module import *",
        "from missing.module import X",
        "X = 'a'\nglobals().update(other())",
        "X = 'a'\ninclude('other.py')",
        "X = {'a': 1}\nchange(X)",
        "X = {'a': 1}\nX.update(other())",
        "X = ['a']\ndel X[0]",
        "X = f'{A}'",
        "X = [*unknown(), 'b']",
        "try:\n    X = 'a'\nexcept ValueError:\n    X = 'b'",
        "X, Y = 'a', 'b'",
    ],
)
def test_unknown(tmp_path: Path, text: str) -> None:
    """What runs, what depends on the environment, and what may be somewhere else."""
    assert "X" not in settings(tmp_path, text)


def test_other_modules(tmp_path: Path) -> None:
    """Names from a base module, from a module that it imports, and from a package."""
    found = settings(
        tmp_path,
        """\
        from .base import *
        from project.names import BACKEND as CACHE
        MIDDLEWARE += ["own"]
        CACHES = {"default": {"BACKEND": CACHE}}
        """,
        base="from .names import *\nMIDDLEWARE = [FIRST]\n_private = 1",
        names=f"FIRST = 'first'\nBACKEND = '{LOCMEM}'",
    )
    assert found["MIDDLEWARE"] == ["first", "own"]
    assert found["CACHES"] == {"default": {"BACKEND": LOCMEM}}
    assert "_private" not in found


def test_modules_that_import_each_other(tmp_path: Path) -> None:
    """The one that is being read counts as not found."""
    found = settings(tmp_path, "X = 1\nfrom .base import *\nY = 1", base="from .settings import *")
    assert "X" not in found
    assert found["Y"] == 1


def test_defaults_count_where_nothing_is_hidden(tmp_path: Path) -> None:
    """Without CACHES Django uses its cache in memory; a module that is not found may have others."""
    assert settings(tmp_path, "DEBUG = True")["CACHES"] == {"default": {"BACKEND": LOCMEM}}
    assert "CACHES" not in settings(tmp_path, "from other.base import *")
    assert "CACHES" not in settings(tmp_path, "CACHES = env.caches()")


def test_facts_of_what_is_known_in_part(tmp_path: Path) -> None:
    """Of several aliases, those count that are written out."""
    text = f"CACHES = {{'default': env.cache(), 'local': {{'BACKEND': '{LOCMEM}'}}}}"
    decided = facts(SimpleNamespace(**settings(tmp_path, text)))
    assert decided.effects("CACHES", "local") == {None}
    assert decided.effects("CACHES", "default") == {"unknown"}


def test_nothing_runs(tmp_path: Path) -> None:
    """A module that would fail is read like any other."""
    assert settings(tmp_path, "X = 1\nraise SystemExit(3)")["X"] == 1


def test_the_name_in_manage_py(tmp_path: Path) -> None:
    """As Django's own manage.py sets it."""
    assert settings_module.name_in([tmp_path]) is None
    (tmp_path / "manage.py").write_text(
        "import os\nos.environ.setdefault('DJANGO_SETTINGS_MODULE', 'project.settings')\n"
    )
    assert settings_module.name_in([tmp_path / "absent", tmp_path]) == "project.settings"


@pytest.mark.parametrize("text", ["X = (", "", "\x00"])
def test_no_module(tmp_path: Path, text: str) -> None:
    """Nothing is known where there is no module, or one that is no Python."""
    if text:
        (tmp_path / "broken.py").write_text(text)
    assert settings_module.read("broken", [tmp_path]) is None
