"""The documentation's site and the files of a release, as far as they can be checked offline."""

import re
from pathlib import Path
from typing import Any

import pytest
import yaml

from mypy_async_django import __version__
from mypy_async_django.cli import main
from mypy_async_django.config import EXPECTED_INI, EXPECTED_TOML, Config
from mypy_async_django.links import DOCUMENTATION

ROOT = Path(__file__).parent.parent.parent
WORKFLOWS = sorted((ROOT / ".github" / "workflows").glob("*.yml"))


def loaded(path: Path) -> Any:
    """A YAML file; "on" is a word there, not a truth value."""
    return yaml.load(path.read_text(encoding="utf-8"), yaml.BaseLoader)


def listed(nav: Any) -> list[str]:
    """The files that a site's navigation names."""
    if isinstance(nav, str):
        return [nav]
    items = nav.values() if isinstance(nav, dict) else nav
    return [path for item in items for path in listed(item)]


def test_every_page_is_in_the_navigation() -> None:
    """A page that nothing leads to is not found."""
    pages = {path.relative_to(ROOT / "docs").as_posix() for path in (ROOT / "docs").rglob("*.md")}
    site = loaded(ROOT / "mkdocs.yml")
    assert sorted(listed(site["nav"])) == sorted(pages)
    assert site["site_url"] == f"{DOCUMENTATION}/"


def test_every_option_of_check_is_documented(capsys: pytest.CaptureFixture[str]) -> None:
    """Its page names each."""
    with pytest.raises(SystemExit):
        main(["check", "--help"])
    options = set(re.findall(r"--[a-z-]+", capsys.readouterr().out)) - {"--help"}
    page = (ROOT / "docs" / "check.md").read_text(encoding="utf-8")
    assert {option for option in options if f"`{option}" not in page} == set()


def test_every_setting_is_documented() -> None:
    """In both formats, and in the message for a wrong one."""
    page = (ROOT / "docs" / "configuration.md").read_text(encoding="utf-8")
    for key in Config._fields:
        if key != "per_module":
            assert page.count(f"\n{key} = ") >= 2, key
            assert f"\n{key} = " in EXPECTED_TOML
            assert f"\n{key} = " in EXPECTED_INI


def test_changelog_has_the_version() -> None:
    """A section with its date, and a link."""
    changelog = (ROOT / "CHANGELOG.md").read_text(encoding="utf-8")
    assert re.search(rf"^## \[{re.escape(__version__)}\] - \d{{4}}-\d\d-\d\d$", changelog, re.M)
    assert f"\n[{__version__}]: " in changelog


@pytest.mark.parametrize("path", WORKFLOWS, ids=lambda path: path.name)
def test_workflow(path: Path) -> None:
    """What GitHub requires: triggers, few rights, jobs with a runner, steps that do one thing."""
    workflow = loaded(path)
    assert workflow.keys() >= {"name", "on", "permissions", "jobs"}
    for job in workflow["jobs"].values():
        assert job["runs-on"]
        assert job.get("needs", "test") in {*workflow["jobs"], "test"}
        for step in job["steps"]:
            assert ("run" in step) is not ("uses" in step)
            assert "uses" not in step or re.fullmatch(r"[\w/-]+@[\w./]+", step["uses"])
    tasks = re.findall(r"python dev\.py (\w+)", path.read_text(encoding="utf-8"))
    development = (ROOT / "dev.py").read_text(encoding="utf-8")
    assert all(f"\ndef {task}(" in development for task in tasks)


def test_hook_for_pre_commit() -> None:
    """It runs a command that there is."""
    [hook] = loaded(ROOT / ".pre-commit-hooks.yaml")
    assert hook.keys() >= {"id", "name", "entry", "language"}
    command, *arguments = hook["entry"].split()
    assert f'{command} = "mypy_async_django.cli:main"' in (ROOT / "pyproject.toml").read_text()
    with pytest.raises(SystemExit) as ended:
        main([*arguments, "--help"])
    assert ended.value.code == 0
