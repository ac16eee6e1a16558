"""The user's settings, and what is said of wrong ones."""

import subprocess
import sys
from pathlib import Path

import pytest

from mypy_async_django import rules
from mypy_async_django.config import (
    EXPECTED_INI,
    EXPECTED_TOML,
    Config,
    ConfigError,
    ModuleCodes,
    load,
)

TOML = "[tool.mypy_async_django]\n"
INI = "[mypy.plugins.mypy_async_django]\n"
CODES = rules.codes()


def written(folder: Path, text: str) -> str:
    """The path of a configuration file with this text, named for its format."""
    path = folder / ("mypy.ini" if text.startswith("[mypy") else "pyproject.toml")
    path.write_text(text)
    return str(path)


@pytest.mark.parametrize("text", ["", "[tool.mypy]\n", "[mypy]\n"])
def test_nothing_configured(tmp_path: Path, text: str) -> None:
    """Without a section of ours all is as by default."""
    assert load(written(tmp_path, text), CODES) == Config()


def test_keys_for_all_sections(tmp_path: Path) -> None:
    """``[DEFAULT]`` is configparser's: its keys are in each section, and not meant for us."""
    text = f"[mypy]\n[DEFAULT]\nroot = /srv\n{INI}blocking = a.b\n"
    assert load(written(tmp_path, text), CODES) == Config(blocking=("a.b",))


def test_no_file() -> None:
    """Without a configuration file, too."""
    assert load(None, CODES) == Config()


@pytest.mark.parametrize("text", [EXPECTED_TOML, EXPECTED_INI], ids=["toml", "ini"])
def test_expected_section(tmp_path: Path, text: str) -> None:
    """The section that messages show is one that works, and says the same in both formats."""
    assert load(written(tmp_path, text), CODES) == Config(
        select=("default", "async-race-orm"),
        ignore=("async-blocking",),
        async_unsafe=("shop.legacy.load_totals",),
        blocking=("shop.clients.fetch",),
        offloaders=("shop.threads.in_thread",),
        trusted=("shop.cache.get_settings",),
        follow_packages=("all",),
        strict_relations=False,
        blocking_in_tests=False,
        django_version=(5, 2),
        links=False,
        per_module=(
            ModuleCodes("shop.legacy.*", ("async-unsafe",)),
            ModuleCodes("shop.tests.*", None, ("all",)),
        ),
    )


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        (f'{TOML}blockin = ["a.b"]', 'unknown key "blockin"'),
        (f"{INI}blockin = a.b", 'unknown key "blockin"'),
        (f'{TOML}blocking = "a.b"', '"blocking" must be a list of dotted names'),
        (f"{TOML}trusted = [3]", '"trusted" must be a list of dotted names'),
        (f"{TOML}trusted = ['shop-cache']", 'has "shop-cache", which is not a full dotted name'),
        (f"{TOML}follow_packages = ['a-b']", '"follow_packages" has "a-b", which is no package'),
        (
            f"{TOML}follow_packages = ['none', 'allauth']",
            '"follow_packages" has "none" beside other names',
        ),
        (f'{TOML}offloaders = ["nodots"]', '"offloaders" has "nodots"'),
        (f"{INI}async_unsafe = a.b, c-d.e", '"async_unsafe" has "c-d.e"'),
        (f'{TOML}strict_relations = "yes"', '"strict_relations" must be true or false'),
        (f"{INI}strict_relations = perhaps", '"strict_relations" must be true or false'),
        (f"{TOML}django_version = 9.9", '"django_version" must be one of 4.2, '),
        (f"{INI}django_version = newest", '"django_version" must be one of 4.2, '),
        (f'{TOML}select = ["async-unsave"]', 'no error code; did you mean "async-unsafe"'),
        (f"{INI}ignore = async_race", 'no error code; did you mean "async-race"'),
        (f"{TOML}async-unsafe = []", 'unknown key "async-unsafe"; did you mean "async_unsafe"'),
        (f'{TOML}per_module = ["a"]', '"per_module" must be a table of tables'),
        (f'{TOML}per_module."a-b".ignore = []', '"a-b" is not a module\'s name'),
        (f"{TOML}per_module.a.trusted = []", 'unknown key "trusted" for "a"'),
        ("[tool.mypy-async-django]", "did you mean [tool.mypy_async_django]?"),
        ("[tool.mypy.plugins.mypy_async_django]", "did you mean [tool.mypy_async_django]?"),
        ("[mypy_async_django]", "did you mean [mypy.plugins.mypy_async_django]?"),
        ("[mypy.plugins.mypy-async-django]", "did you mean [mypy.plugins.mypy_async_django]?"),
        ("[tool]\nmypy_async_django = 3", "it must be a table, not 3"),
    ],
)
def test_wrong_settings(tmp_path: Path, text: str, problem: str) -> None:
    """The message says what is wrong, and shows the section as it should be."""
    with pytest.raises(ConfigError) as raised:
        load(written(tmp_path, text), CODES)
    message = str(raised.value)
    assert problem in message
    assert (EXPECTED_TOML if "[tool" in text else EXPECTED_INI) in message


def test_version_without_quotes(tmp_path: Path) -> None:
    """A number in TOML has the same digits."""
    assert load(written(tmp_path, f"{TOML}django_version = 5.2"), CODES).django_version == (5, 2)


def test_settings_beside_mypys_configuration(tmp_path: Path) -> None:
    """The file of mypy wins; without our section, pyproject.toml beside it is read."""
    (tmp_path / "pyproject.toml").write_text(f'{TOML}trusted = ["a.b"]')
    path = written(tmp_path, "[mypy]\n")
    assert load(path, CODES).trusted == ("a.b",)
    assert load(written(tmp_path, f"[mypy]\n{INI}trusted = c.d"), CODES).trusted == ("c.d",)


@pytest.mark.parametrize(
    ("pattern", "module", "matches"),
    [
        ("shop", "shop", True),
        ("shop", "shop.views", False),
        ("shop.*", "shop", True),
        ("shop.*", "shop.api.views", True),
        ("shop.*", "shopping", False),
        ("*.tests", "shop.tests", True),
        ("*.tests.*", "shop.tests.factories", True),
        ("*.tests", "shop.api.tests", False),
        ("*", "shop.api.tests", True),
    ],
)
def test_patterns(pattern: str, module: str, matches: bool) -> None:
    """As in the names of mypy's own sections."""
    assert ModuleCodes(pattern).matches(module) is matches


def test_codes_by_module() -> None:
    """The last pattern selects; what is ignored anywhere stays ignored."""
    config = Config(
        ignore=("async-race",),
        per_module=(ModuleCodes("a.*", (), ("async-unsafe",)), ModuleCodes("a.b", ("all",))),
    )
    assert config.selected_in("c") == ("default",)
    assert config.selected_in("a.c") == ()
    assert config.selected_in("a.b") == ("all",)
    assert config.ignored_in("a.b") == ("async-race", "async-unsafe")


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


@pytest.mark.parametrize(
    ("setting", "followed"),
    [
        ("", ["allauth", "allauth.account", "allauth_ui"]),
        ("follow_packages = ['all']", ["allauth", "allauth.account", "allauth_ui"]),
        ("follow_packages = ['none']", []),
        ("follow_packages = ['allauth']", ["allauth", "allauth.account"]),
        ("follow_packages = ['allauth.account']", ["allauth.account"]),
    ],
)
def test_packages_that_calls_are_followed_into(
    tmp_path: Path, setting: str, followed: list[str]
) -> None:
    """A package stands for the modules in it, not for others whose names begin as its own."""
    path = tmp_path / "pyproject.toml"
    path.write_text(f"{TOML}{setting}")
    found = load(str(path), CODES)
    names = ["allauth", "allauth.account", "allauth_ui"]
    assert [name for name in names if found.follows(name)] == followed
