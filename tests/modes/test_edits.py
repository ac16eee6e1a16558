"""Random edits of random projects: a warm run and the daemon say what a cold run says.

``EDITS=2000`` makes about as many edits; without it, as it takes minutes, the test is skipped.
"""

import os
from typing import Final

import pytest
from harness import Daemon, Outcome, Places, Project
from hypothesis import HealthCheck, given, note, settings
from hypothesis import strategies as st
from village import Village, edit, founded

from mypy_async_django.registry import RULES

EDITS: Final = int(os.environ.get("EDITS", "0"))
AT_A_TIME: Final = 10
COLD: Final = "cold"
CODES: Final = tuple(f"[{rule.code.code}]" for rule in RULES)


@pytest.fixture(scope="module")
def places(tmp_path_factory: pytest.TempPathFactory) -> Places:
    """Where the projects are."""
    return Places(tmp_path_factory.mktemp("edits"))


@given(data=st.data())
@pytest.mark.skipif(not EDITS, reason="takes minutes: set EDITS to the number of edits")
@settings(
    max_examples=max(EDITS // AT_A_TIME, 1),
    derandomize=True,
    database=None,
    deadline=None,
    suppress_health_check=list(HealthCheck),
)
def test_each_edit_is_seen_by_all(places: Places, data: st.DataObject) -> None:
    """After each edit mypy is run in three ways."""
    village, project = founded(data.draw), places.project()
    places.forget(project)
    places.forget(project, "--cache-fine-grained", cache="daemon")
    daemon = Daemon(project, "--use-fine-grained-cache", "--cache-dir=daemon")
    files: dict[str, str] = {}
    for number in range(AT_A_TIME):
        if number:
            note(edit(data.draw, village))
        files = applied(project, village, files)
        places.forget(project, cache=COLD)
        cold = project.checked(f"--cache-dir={COLD}")
        assert project.checked().messages == cold.messages
        assert ours(daemon.checked()) == ours(cold)


def applied(project: Project, village: Village, before: dict[str, str]) -> dict[str, str]:
    """Write the files that have changed; all of them."""
    files = village.files()
    project.apply({name: text for name, text in files.items() if before.get(name) != text})
    project.apply(dict.fromkeys(before.keys() - files.keys()))
    return files


def ours(outcome: Outcome) -> list[str]:
    """Our errors with their notes: of mypy's own, its daemon does not always say the same."""
    said, is_ours = [], False
    for line in outcome.messages:
        if ": note: " not in line:
            is_ours = line.endswith(CODES)
        if is_ours:
            said.append(line)
    return said
