"""The user's settings, and what is said of wrong ones."""

import subprocess
import sys
from pathlib import Path

import pytest

from mypy_async_django.config import EXPECTED_INI, EXPECTED_TOML, Config, ConfigError, load

TOML = "[tool.mypy_async_django]\n"
INI = "[mypy.plugins.mypy_async_django]\n"


def written(folder: Path, text: str) -> str:
    """The path of a configuration file with this text, named for its format."""
    path = folder / ("mypy.ini" if text.startswith("[mypy") else "pyproject.toml")
    path.write_text(text)
    return str(path)


@pytest.mark.parametrize("text", ["", "[tool.mypy]\n", "[mypy]\n"])
def test_nothing_configured(tmp_path: Path, text: str) -> None:
    """Without a section of ours all is as by default."""
    assert load(written(tmp_path, text)) == Config()


def test_no_file() -> None:
    """Without a configuration file, too."""
    assert load(None) == Config()


@pytest.mark.parametrize("text", [EXPECTED_TOML, EXPECTED_INI], ids=["toml", "ini"])
def test_expected_section(tmp_path: Path, text: str) -> None:
    """The section that messages show is one that works, and says the same in both formats."""
    assert load(written(tmp_path, text)) == Config(
        async_unsafe=("shop.legacy.load_totals",),
        blocking=("shop.clients.fetch",),
        offloaders=("shop.threads.in_thread",),
        trusted=("shop.cache.get_settings",),
        strict_relations=False,
        django_version=(5, 2),
    )


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        (f'{TOML}blockin = ["a.b"]', 'unknown key "blockin"'),
        (f"{INI}blockin = a.b", 'unknown key "blockin"'),
        (f'{TOML}blocking = "a.b"', '"blocking" must be a list of dotted names'),
        (f"{TOML}trusted = [3]", '"trusted" must be a list of dotted names'),
        (f'{TOML}offloaders = ["nodots"]', '"offloaders" has "nodots"'),
        (f"{INI}async_unsafe = a.b, c-d.e", '"async_unsafe" has "c-d.e"'),
        (f'{TOML}strict_relations = "yes"', '"strict_relations" must be true or false'),
        (f"{INI}strict_relations = perhaps", '"strict_relations" must be true or false'),
        (f"{TOML}django_version = 5.2", '"django_version" must be a version like "5.2"'),
        (f"{INI}django_version = newest", '"django_version" must be a version like "5.2"'),
        ("[tool]\nmypy_async_django = 3", 'unknown key ""'),
    ],
)
def test_wrong_settings(tmp_path: Path, text: str, problem: str) -> None:
    """The message says what is wrong, and shows the section as it should be."""
    with pytest.raises(ConfigError) as raised:
        load(written(tmp_path, text))
    message = str(raised.value)
    assert problem in message
    assert (EXPECTED_TOML if "tool" in text else EXPECTED_INI) in message


def test_mypy_ends_with_status_2(tmp_path: Path) -> None:
    """The message comes alone, without a traceback and without a word on the code."""
    (tmp_path / "mypy.ini").write_text(f"[mypy]\nplugins = mypy_async_django\n{INI}blockin = a.b\n")
    (tmp_path / "code.py").write_text("x: int = ''\n")
    said = subprocess.run(
        [sys.executable, "-m", "mypy", "code.py"],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        check=False,
    )
    assert said.returncode == 2
    assert not said.stdout
    assert said.stderr.startswith(
        'mypy.ini: [mypy.plugins.mypy_async_django]: unknown key "blockin"'
    )
    assert "Traceback" not in said.stderr
