"""Random edits of random projects: a warm run and the daemon say what a cold run says.

``EDITS=2000`` makes about as many edits; 40 are made otherwise, the same ones each time.
"""

import os
from collections.abc import Iterator, Mapping
from typing import Final

import pytest
from harness import Daemon, Outcome, Places, Project
from hypothesis import HealthCheck, Phase, given, note, settings
from hypothesis import strategies as st
from village import edit, founded

from mypy_async_django.registry import RULES

EDITS: Final = int(os.environ.get("EDITS", "40"))
AT_A_TIME: Final = 10
COLD: Final = "cold"
CODES: Final = tuple(f"[{rule.code.code}]" for rule in RULES)


@pytest.fixture(scope="module")
def places(tmp_path_factory: pytest.TempPathFactory) -> Places:
    """Where the projects are."""
    return Places(tmp_path_factory.mktemp("edits"))


@given(data=st.data())
@settings(
    max_examples=EDITS // AT_A_TIME,
    derandomize=True,
    database=None,
    deadline=None,
    phases=[Phase.generate],  # fewer edits that fail take minutes to find
    suppress_health_check=list(HealthCheck),
)
def test_each_edit_is_seen_by_all(places: Places, data: st.DataObject) -> None:
    """After each edit mypy is run in three ways."""
    states = list(states_of_a_village(data))
    project = places.project()
    places.forget(project, "--cache-fine-grained")
    daemon = Daemon(project, "--use-fine-grained-cache")
    # One after the other: mypy keeps things in its modules.
    said = [daemon.checked() for _ in applied(project, states)]
    places.forget(project)
    for _, by_daemon in zip(applied(project, states), said, strict=True):
        places.forget(project, cache=COLD)
        cold = project.checked(f"--cache-dir={COLD}")
        assert plain(project.checked()) == plain(cold)
        assert ours(by_daemon) == ours(cold)


def states_of_a_village(data: st.DataObject) -> Iterator[Mapping[str, str]]:
    """The files of a project, edit by edit."""
    village = founded(data.draw)
    yield village.files()
    for _ in range(AT_A_TIME - 1):
        note(edit(data.draw, village))
        yield village.files()


def applied(project: Project, states: list[Mapping[str, str]]) -> Iterator[None]:
    """Put the project into one state after the other; at first it has no files."""
    before: Mapping[str, str] = {}
    for files in states:
        project.apply({name: text for name, text in files.items() if before.get(name) != text})
        project.apply(dict.fromkeys(before.keys() - files.keys()))
        yield
        before = files
    project.apply(dict.fromkeys(before))


def plain(outcome: Outcome) -> list[str]:
    """The messages without those that mypy gives once in a run, wherever it comes by first."""
    return [line for line in outcome.messages if "mypy.readthedocs" not in line]


def ours(outcome: Outcome) -> list[str]:
    """Our errors with their notes: of mypy's own, its daemon does not always say the same."""
    said, is_ours = [], False
    for line in outcome.messages:
        if ": note: " not in line:
            is_ours = line.endswith(CODES)
        if is_ours:
            said.append(line)
    return said
