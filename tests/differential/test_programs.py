"""Programs composed at random: mypy reports the lines that raise in an event loop, and no others.

``DIFFERENTIAL_PROGRAMS=20000`` composes more of them.
"""

import os
import sys
from collections.abc import Iterator
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent))

from grammar import program
from limits import LIMITS, limit_of
from verdicts import Verdict, verdicts

PROGRAMS = int(os.environ.get("DIFFERENTIAL_PROGRAMS", "300"))
#: So many are checked in one run of mypy.
_BATCH = 2_000


def test_mypy_agrees_with_django(tmp_path: Path) -> None:
    """Every disagreement has its limit."""
    seen = list(_all_verdicts(tmp_path))
    differing = [verdict for verdict in seen if verdict.is_missed or verdict.is_false]
    unexplained = [verdict for verdict in differing if limit_of(verdict) is None]
    assert not unexplained, _report(unexplained)
    # Half of the lines would agree if nothing was ever reported.
    assert sum(bool(verdict.said) for verdict in seen) > len(seen) / 5
    if PROGRAMS >= 20_000:
        used = {limit_of(verdict) for verdict in differing}
        assert not [limit.name for limit in LIMITS if limit not in used]


def _all_verdicts(folder: Path) -> Iterator[Verdict]:
    for start in range(0, PROGRAMS, _BATCH):
        numbers = range(start, min(start + _BATCH, PROGRAMS))
        yield from verdicts([program(number) for number in numbers], folder)


def _report(differing: list[Verdict]) -> str:
    """The disagreements with the shortest stories first."""
    stories = sorted({verdict.report() for verdict in differing}, key=len)
    return f"{len(differing)} disagreements\n\n" + "\n\n".join(stories[:20])
