"""Findings for other programs: JSON, GitHub's annotations, GitLab's code quality report, SARIF."""

import json
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from hashlib import sha256
from pathlib import Path, PurePath
from typing import Any, Final
from urllib.parse import quote

from mypy_async_django import __version__
from mypy_async_django.check import baseline
from mypy_async_django.check.sources import Sources
from mypy_async_django.links import DOCUMENTATION, page_of
from mypy_async_django.record import Edit, Record

NAME: Final = "mypy-async-django"


def as_json(records: Sequence[Record], sources: Sources) -> str:
    """An array of objects. Lines and columns count from 1, ends are exclusive."""
    return _dumped([_object(record, sources) for record in records])


def as_github(records: Sequence[Record], sources: Sources) -> str:
    """Workflow commands, which GitHub Actions shows beside the changed lines.

    https://docs.github.com/en/actions/reference/workflows-and-actions/workflow-commands
    """
    return "\n".join(_command(record, sources) for record in records)


def as_gitlab(records: Sequence[Record], sources: Sources) -> str:
    """A code quality report for a merge request.

    https://docs.gitlab.com/ci/testing/code_quality/#code-quality-report-format
    """
    return _dumped(
        [
            {
                "description": record.message,
                "check_name": record.code,
                "fingerprint": fingerprint,
                "severity": "major",
                "location": {
                    "path": PurePath(record.path).as_posix(),
                    "lines": {"begin": record.line, "end": record.end_line},
                },
                "content": {"body": "\n".join(_notes(record, sources))},
                "categories": ["Bug Risk"],
            }
            for record, fingerprint in zip(records, _fingerprints(records, sources), strict=True)
        ]
    )


def as_sarif(records: Sequence[Record], sources: Sources) -> str:
    """A log in SARIF 2.1.0, as GitHub's code scanning and editors read it.

    https://docs.oasis-open.org/sarif/sarif/v2.1.0/sarif-v2.1.0.html
    """
    rules = _sarif_rules()
    ids = [rule["id"] for rule in rules]
    driver = {
        "name": NAME,
        "version": __version__,
        "informationUri": f"{DOCUMENTATION}/",
        "rules": rules,
    }
    results = [
        {
            "ruleId": record.code,
            "ruleIndex": ids.index(record.code),
            "level": "error",
            "message": {"text": "\n".join([record.message, *_notes(record, sources)])},
            "locations": [
                _sarif_location(
                    record.path,
                    {
                        "startLine": record.line,
                        "startColumn": record.column,
                        "endLine": record.end_line,
                        "endColumn": record.end_column,
                    },
                )
            ],
            "relatedLocations": _sarif_related(record, sources),
            "partialFingerprints": {f"{NAME}/v1": fingerprint},
        }
        for record, fingerprint in zip(records, _fingerprints(records, sources), strict=True)
    ]
    return _dumped(
        {
            "$schema": "https://json.schemastore.org/sarif-2.1.0.json",
            "version": "2.1.0",
            "runs": [
                {
                    "tool": {"driver": driver},
                    "columnKind": "unicodeCodePoints",
                    "results": results,
                }
            ],
        }
    )


FORMATS: Final[Mapping[str, Callable[[Sequence[Record], Sources], str]]] = {
    "json": as_json,
    "github": as_github,
    "gitlab": as_gitlab,
    "sarif": as_sarif,
}


def _object(record: Record, sources: Sources) -> dict[str, Any]:
    values = record._asdict()
    del values["on"], values["by_default"]
    values["url"] = page_of(record.code)
    values["edit"] = _edit(record.edit)
    values["notes"] = [
        dict(
            zip(
                ("message", "path", "line", "column"),
                (note.text, *sources.position(record, note)),
                strict=True,
            )
        )
        for note in record.notes
    ]
    return values


def _edit(edit: Edit | None) -> dict[str, Any] | None:
    if edit is None:
        return None
    changes = [
        change._replace(column=change.column + 1, end_column=change.end_column + 1)._asdict()
        for change in edit.changes
    ]
    return edit._asdict() | {"changes": changes}


def _notes(record: Record, sources: Sources) -> Iterator[str]:
    """The notes as text; the position is told where it is not the finding's."""
    for note in record.notes:
        path, line, _ = sources.position(record, note)
        if (path, line) == (record.path, record.line):
            yield note.text
        else:
            yield f"{note.text} ({PurePath(path).as_posix()}:{line})"


def _command(record: Record, sources: Sources) -> str:
    properties = {
        "title": f"{NAME} ({record.code})",
        "file": PurePath(record.path).as_posix(),
        "line": record.line,
        "endLine": record.end_line,
        "col": record.column,
    }
    if record.end_line == record.line:
        properties["endColumn"] = record.end_column
    listed = ",".join(
        f"{name}={_escaped(str(value)).replace(':', '%3A').replace(',', '%2C')}"
        for name, value in properties.items()
    )
    text = "\n".join([record.message, *_notes(record, sources)])
    return f"::error {listed}::{_escaped(text)}"


def _escaped(text: str) -> str:
    return text.replace("%", "%25").replace("\r", "%0D").replace("\n", "%0A")


def _fingerprints(records: Sequence[Record], sources: Sources) -> Iterator[str]:
    """What each finding is known by, whatever its line's number; no two are the same."""
    times: Counter[baseline.Entry] = Counter()
    for record in records:
        item = baseline.entry(record, sources, Path.cwd())
        times[item] += 1
        yield sha256("\0".join([*item, str(times[item])]).encode()).hexdigest()


def _sarif_rules() -> list[dict[str, Any]]:
    # Only here: it loads the rules, and mypy with them.
    from mypy_async_django import pages
    from mypy_async_django.registry import RULES

    return [
        {
            "id": rule.code.code,
            "shortDescription": {"text": pages.title(rule)},
            "helpUri": page_of(rule.code.code),
            "defaultConfiguration": {"level": "error", "enabled": rule.code.default_enabled},
        }
        for rule in RULES
    ]


def _sarif_location(path: str, region: Mapping[str, int]) -> dict[str, Any]:
    uri = quote(PurePath(path).as_posix())
    return {
        "physicalLocation": {
            "artifactLocation": {"uri": uri, "uriBaseId": "%SRCROOT%"},
            "region": dict(region),
        }
    }


def _sarif_related(record: Record, sources: Sources) -> list[dict[str, Any]]:
    related: list[dict[str, Any]] = []
    for note in record.notes:
        path, line, column = sources.position(record, note)
        if (path, line) != (record.path, record.line):
            location = _sarif_location(path, {"startLine": line, "startColumn": column})
            related.append({"id": len(related) + 1, **location, "message": {"text": note.text}})
    return related


def _dumped(value: object) -> str:
    return json.dumps(value, indent=2, ensure_ascii=False)
