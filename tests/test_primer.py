"""The primer's findings on file: each is judged, and few are false."""

import json
import tomllib
from collections import Counter
from pathlib import Path
from typing import Final

PRIMER: Final = Path(__file__).parent.parent / "primer"
VERDICTS: Final = {"true", "false", "arguable"}


def test_each_finding_is_judged() -> None:
    """With a reason, at a project that the primer checks."""
    with (PRIMER / "projects.toml").open("rb") as file:
        projects = {project["name"] for project in tomllib.load(file)["project"]}
    for finding in json.loads((PRIMER / "findings.json").read_text()):
        assert finding["verdict"] in VERDICTS, finding
        assert finding["reason"], finding
        assert finding["project"] in projects, finding


def test_what_is_reported_is_true() -> None:
    """At least nine of ten findings of which a program decides whether they are."""
    rows = json.loads((PRIMER / "findings.json").read_text())
    verdicts = Counter(finding["verdict"] for finding in rows)
    assert verdicts["true"] >= 9 * verdicts["false"]
    assert verdicts["true"]
