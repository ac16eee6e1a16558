"""The same findings in every mode of mypy, after every edit; nothing checked again without need.

``MODES=all`` runs every scenario in every mode, which takes some minutes.
"""

import os
import shutil
import sys
from collections.abc import Iterator
from pathlib import Path
from types import SimpleNamespace
from typing import Final

import pytest
from harness import (
    GREEDY,
    IMPORTS,
    OURS,
    Daemon,
    Outcome,
    Places,
    Project,
    State,
    states_of,
)
from scenarios import SCENARIOS

from mypy_async_django import environment

ALL: Final = os.environ.get("MODES") == "all"
NAMES: Final = list(SCENARIOS)
CHAIN: Final = "operation appears and disappears"
CYCLE: Final = "import cycle"
UNANNOTATED: Final = "unannotated"
TYPES: Final = "types change what is called"
COROUTINE: Final = "function becomes a coroutine"
PACKAGE: Final = "package and re-export"
# Errors of modules that mypy takes from its cache are lost in the daemon, its own as well.
SILENT_AT_FIRST: Final = [name for name in NAMES if not SCENARIOS[name][0].findings]


def some(*names: str) -> list[str]:
    """These scenarios, or all of them."""
    return NAMES if ALL else list(names)


@pytest.fixture(scope="module")
def places(tmp_path_factory: pytest.TempPathFactory) -> Places:
    """Where the projects are."""
    return Places(tmp_path_factory.mktemp("modes"))


@pytest.fixture(scope="module")
def cold_runs(places: Places) -> "ColdRuns":
    """What mypy says when it knows nothing of the project."""
    return ColdRuns(places)


class ColdRuns:
    """The outcomes of cold runs for a scenario's states, worked out once."""

    def __init__(self, places: Places) -> None:
        self._places = places
        self._known: dict[str, list[Outcome]] = {}

    def of(self, scenario: str) -> list[Outcome]:
        """The outcome for each state."""
        if scenario not in self._known:
            project = self._places.project()
            self._known[scenario] = []
            for _ in states_of(project, SCENARIOS[scenario]):
                self._places.forget(project)
                self._known[scenario].append(project.checked())
        return self._known[scenario]


@pytest.mark.parametrize("scenario", NAMES)
def test_cold_run(cold_runs: ColdRuns, scenario: str) -> None:
    """It finds what the scenario says."""
    found = [sorted(outcome.findings) for outcome in cold_runs.of(scenario)]
    assert found == [sorted(state.findings) for state in SCENARIOS[scenario]]


@pytest.mark.parametrize("scenario", NAMES)
def test_warm_run(places: Places, cold_runs: ColdRuns, scenario: str) -> None:
    """The same from the cache of the state before; what need not be is not checked again."""
    project = places.project()
    places.forget(project)
    for state, cold in with_cold(project, cold_runs, scenario):
        warm = project.checked()
        assert warm.messages == cold.messages
        if state.rechecked is not None:
            assert warm.rechecked - {"imports"} == set(state.rechecked)


@pytest.mark.parametrize(
    ("argument", "scenario"),
    [
        *(("--no-local-partial-types", name) for name in NAMES),
        *(("--no-sqlite-cache", name) for name in some(CHAIN)),
        *(("--no-fixed-format-cache", name) for name in some(CHAIN)),
        *(("-n2", name) for name in some(COROUTINE)),
        *(("-n4", name) for name in some(PACKAGE)),
    ],
)
def test_warm_run_with(places: Places, cold_runs: ColdRuns, argument: str, scenario: str) -> None:
    """Other formats of the cache, parallel runs, mypy's older way through a module."""
    project = places.project()
    places.forget(project, argument)
    for state, cold in with_cold(project, cold_runs, scenario):
        warm = project.checked(argument)
        assert warm.messages == cold.messages
        if state.rechecked is not None:
            assert warm.rechecked - {"imports"} == set(state.rechecked)


@pytest.mark.parametrize(
    ("arguments", "scenario"),
    [
        *((("--cache-dir=/dev/null",), name) for name in some(PACKAGE)),
        *((("--no-local-partial-types",), name) for name in some(CYCLE, UNANNOTATED)),
        *((("-n2",), name) for name in some()),
    ],
)
def test_cold_run_with(
    places: Places, cold_runs: ColdRuns, arguments: tuple[str, ...], scenario: str
) -> None:
    """Without any cache, and with mypy's older way through a module."""
    project = places.project()
    for _, cold in with_cold(project, cold_runs, scenario):
        if "--cache-dir=/dev/null" not in arguments:
            places.forget(project, *arguments)
        assert project.checked(*arguments).messages == cold.messages


@pytest.mark.parametrize("arguments", [(), ("-n2",), ("--no-local-partial-types",)])
@pytest.mark.parametrize(
    ("section", "comment"),
    [("[mypy-view]\nwarn_return_any = True\n", ""), ("", "# mypy: warn-return-any\n")],
    ids=["section", "comment"],
)
def test_module_with_options_of_its_own(
    places: Places, section: str, comment: str, arguments: tuple[str, ...]
) -> None:
    """It is looked at also in a run in which mypy checks no call: that asks us for nothing before."""
    project = places.project()
    project.write("mypy.ini", f"{(project.folder / 'mypy.ini').read_text()}{section}")
    text = f"{comment}import time\n\nasync def view(request):\n    time.sleep(1)\n"
    project.write("view.py", text)
    line = text.count("\n")
    first = (f"view.py:{line} async-blocking",)
    assert project.checked(*arguments).findings == first
    project.write("view.py", f"{text}    time.sleep(2)\n")
    again = project.checked(*arguments)
    assert again.rechecked == {"view"}
    assert again.findings == (*first, f"view.py:{line + 1} async-blocking")


@pytest.mark.parametrize("plugins", [(GREEDY, OURS), (OURS, GREEDY)], ids=["last", "first"])
@pytest.mark.parametrize("scenario", some(CHAIN, TYPES))
def test_order_of_plugins(
    places: Places, cold_runs: ColdRuns, scenario: str, plugins: tuple[str, ...]
) -> None:
    """Another plugin answers all that mypy asks, before us or after us."""
    project = places.project(plugins=plugins)
    for _, cold in with_cold(project, cold_runs, scenario):
        places.forget(project)
        assert project.checked().messages == cold.messages


@pytest.mark.parametrize("scenario", NAMES)
def test_daemon(places: Places, cold_runs: ColdRuns, scenario: str) -> None:
    """The daemon sees one state after the other."""
    project = places.project()
    places.forget(project, "--cache-fine-grained")
    daemon = Daemon(project, "--use-fine-grained-cache")
    for _, cold in with_cold(project, cold_runs, scenario):
        said = daemon.checked()
        # It finds unused ones in the modules alone that have changed, whatever the plugins.
        assert said.without("unused-ignore") == cold.without("unused-ignore")


@pytest.mark.parametrize("scenario", some(CHAIN))
def test_daemon_without_cache(places: Places, cold_runs: ColdRuns, scenario: str) -> None:
    """As it starts by default."""
    project = places.project()
    daemon = Daemon(project)
    for _, cold in with_cold(project, cold_runs, scenario):
        assert daemon.checked().without("unused-ignore") == cold.without("unused-ignore")


@pytest.mark.parametrize("scenario", SILENT_AT_FIRST)
def test_daemon_from_cache(places: Places, cold_runs: ColdRuns, scenario: str) -> None:
    """A run fills the cache, then the daemon starts with it, after an edit."""
    project, daemon = places.project(), None
    places.forget(project, "--cache-fine-grained")
    for _, cold in with_cold(project, cold_runs, scenario):
        if daemon is None:
            project.checked("--cache-fine-grained")
            daemon = Daemon(project, "--use-fine-grained-cache")
            project.write(IMPORTS, f"{(project.folder / IMPORTS).read_text()}\n")
        else:
            assert daemon.checked().without("unused-ignore") == cold.without("unused-ignore")


@pytest.mark.parametrize("scenario", some(CHAIN, CYCLE, UNANNOTATED))
def test_cache_goes_to_another_checkout(places: Places, cold_runs: ColdRuns, scenario: str) -> None:
    """Elsewhere on disk, with files of another age, nothing is checked again."""
    project, elsewhere = places.project(), places.project()
    places.forget(project)
    for _, cold in with_cold(project, cold_runs, scenario):
        project.checked()
        shutil.rmtree(elsewhere.folder)
        shutil.copytree(project.folder, elsewhere.folder, copy_function=shutil.copyfile)
        there = elsewhere.checked()
        assert there.messages == cold.messages
        assert not there.rechecked


@pytest.mark.parametrize("arguments", [(), ("-n2",)])
def test_cache_goes_to_another_absolute_path(places: Places, arguments: tuple[str, ...]) -> None:
    """The paths that mypy keeps are those of another folder: bodies are read where it is now."""
    project, elsewhere = places.project(), places.project()
    project.apply(
        {
            "work/helper.py": "import time\n\n\ndef f() -> None:\n    time.sleep(1)\n",
            "work/view.py": "from helper import f\n\n\nasync def view() -> None:\n    f()\n",
        }
    )
    expected = ("work/view.py:5 async-blocking-call",)
    assert project.checked(*arguments, str(project.folder / "work")).findings == expected
    shutil.rmtree(elsewhere.folder)
    shutil.move(project.folder, elsewhere.folder)
    elsewhere.write("work/view.py", f"\n{(elsewhere.folder / 'work/view.py').read_text()}")
    there = elsewhere.checked(*arguments, str(elsewhere.folder / "work"))
    assert there.findings == ("work/view.py:6 async-blocking-call",)
    assert "(work/helper.py)" in there.messages[1]


def test_cache_of_another_configuration(places: Places) -> None:
    """A changed setting of ours counts at once, and back again."""
    project = places.project()
    project.apply(
        {"view.py": "def f() -> None:\n    pass\n\n\nasync def view() -> None:\n    f()\n"}
    )
    assert project.checked().findings == ()
    project.configure({"blocking": "view.f"})
    assert project.checked().findings == ("view.py:6 async-blocking",)
    project.configure({"blocking": "view.f", "trusted": "view.f"})
    assert project.checked().findings == ()
    assert project.checked().rechecked == set()


def test_cache_of_another_version_of_the_plugin(
    places: Places, monkeypatch: pytest.MonkeyPatch
) -> None:
    """An edit in any of our files makes mypy check everything again."""
    project = places.project()
    project.apply({"view.py": "import time\n\n\nasync def view() -> None:\n    time.sleep(1)\n"})
    project.checked()
    assert project.checked().rechecked == set()
    monkeypatch.setattr(environment, "_sources", lambda: "edited")
    assert "view" in project.checked().rechecked


def test_django_settings_of_another_run_do_not_count(
    places: Places, monkeypatch: pytest.MonkeyPatch
) -> None:
    """No plugin of this run has loaded them; in mypy's parallel workers they are not loaded."""
    project = places.project()
    project.checked()
    settings = SimpleNamespace(
        configured=True, SESSION_ENGINE="django.contrib.sessions.backends.signed_cookies"
    )
    monkeypatch.setitem(sys.modules, "django.conf", SimpleNamespace(settings=settings))
    again = project.checked()
    assert not again.messages
    assert not again.rechecked


def test_what_tells_one_version_of_the_plugin_from_another(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """In a checkout any edit does, and of what is installed the installer's list of the files."""
    package = tmp_path / "mypy_async_django"
    package.mkdir()
    source = package / "environment.py"
    source.write_text("old = 1\n")
    monkeypatch.setattr(environment, "__file__", str(source))
    version = environment._sources.__wrapped__
    before = version()
    source.write_text("new = 1\n")
    assert version() != before
    record = tmp_path / "mypy_async_django-1.2.dist-info" / "RECORD"
    record.parent.mkdir()
    record.write_text("mypy_async_django/environment.py,sha256=old,8\n")
    installed = version()
    source.write_text("not = looked_at\n")
    assert version() == installed
    record.write_text("mypy_async_django/environment.py,sha256=new,8\n")
    assert version() != installed


def with_cold(
    project: Project, cold_runs: ColdRuns, scenario: str
) -> Iterator[tuple[State, Outcome]]:
    """Put a project into each state; with it comes what a cold run says of it."""
    states = states_of(project, SCENARIOS[scenario])
    yield from zip(states, cold_runs.of(scenario), strict=True)
