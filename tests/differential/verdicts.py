"""What real Django and mypy say of the same programs, and where they differ."""

import json
import os
import re
import subprocess
import sys
from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from grammar import Line, module

HERE: Final = Path(__file__).parent
PROJECT: Final = HERE.parent / "testproject"
CODES: Final = frozenset({"async-unsafe", "async-unsafe-lazy", "async-unsafe-call"})
VARIANTS: Final = ("annotated", "bare")
_PROGRAMS_PER_MODULE: Final = 50
_CONFIGURATION: Final = """\
[mypy]
plugins = mypy_django_plugin.main, mypy_async_django
[mypy.plugins.django-stubs]
django_settings_module = testproject.settings
"""

Program = Sequence[Line]


@dataclass(frozen=True, slots=True)
class Verdict:
    """What the two say of one line: how it ran, and what mypy reports there.

    ``variant`` says whether mypy saw the annotated program or the one without annotations,
    ``outcomes`` how each line of the program ran, None for those that had no turn.
    """

    program: Program
    index: int
    variant: str
    ran: str
    said: tuple[str, ...]
    outcomes: tuple[str | None, ...]

    @property
    def line(self) -> Line:
        """The line."""
        return self.program[self.index]

    @property
    def is_missed(self) -> bool:
        """Whether the line raises and nobody says so."""
        return self.ran == "raised" and not self.said

    @property
    def is_false(self) -> bool:
        """Whether the line runs clean and mypy says that it raises."""
        return self.ran == "clean" and bool(self.said)

    def lines(self, outcome: str | None) -> list[str]:
        """The program's lines that ran so."""
        return [
            line.annotated
            for line, ran in zip(self.program, self.outcomes, strict=True)
            if ran == outcome
        ]

    def report(self) -> str:
        """The story, and what is wrong about its last line."""
        says = "\n".join(self.said) or "nothing"
        return f"{self.story()}\n{self.ran} in an event loop; mypy ({self.variant}) says {says}"

    def story(self) -> str:
        """The lines that this one depends on by its names, and the line itself."""
        needed = names_in(self.line.annotated)
        indent = _indent(self.line.annotated)
        found = [self.line.annotated]
        for line in reversed(self.program[: self.index]):
            text = line.annotated
            if _is_start(line) or names_in(text) & needed or _opens(text, indent):
                needed |= names_in(text)
                indent = min(indent, _indent(text)) if text.rstrip().endswith(":") else indent
                found.append(text)
        return "\n".join(reversed(found))


def verdicts(programs: Sequence[Program], folder: Path) -> Iterator[Verdict]:
    """Run the programs and mypy; what both say of each line that ran."""
    starts = range(0, len(programs), _PROGRAMS_PER_MODULE)
    modules = {str(start): programs[start : start + _PROGRAMS_PER_MODULE] for start in starts}
    for name, inside in modules.items():
        for variant in VARIANTS:
            text = "".join(f"{getattr(line, variant)}\n" for line in module(inside))
            (folder / f"{variant}_{name}.py").write_text(text)
    ran, said = _both(folder, list(modules))
    for name, inside in modules.items():
        yield from _of_module(name, inside, ran[f"annotated_{name}.py"], said)


def _of_module(
    name: str, programs: Sequence[Program], ran: dict[str, str], said: "_Said"
) -> Iterator[Verdict]:
    number = len(module([]))
    for program in programs:
        outcomes = tuple(ran.get(str(number + place)) for place in range(1, len(program) + 1))
        for index, outcome in enumerate(outcomes):
            number += 1
            for variant in VARIANTS if outcome else ():
                messages = tuple(said[f"{variant}_{name}.py", number])
                yield Verdict(program, index, variant, outcome or "", messages, outcomes)


_Said = dict[tuple[str, int], list[str]]


def _both(folder: Path, names: list[str]) -> tuple[dict[str, dict[str, str]], _Said]:
    """How the lines of each module ran and what mypy says of them; the two work side by side."""
    (folder / "mypy.ini").write_text(_CONFIGURATION)
    path = os.pathsep.join(map(str, (PROJECT, HERE)))
    python_path = os.pathsep.join(filter(None, (path, os.environ.get("PYTHONPATH"))))
    env = {**os.environ, "MYPYPATH": path, "PYTHONPATH": python_path}
    database = folder / "shop.sqlite3"
    database.unlink(missing_ok=True)
    annotated = [f"annotated_{name}.py" for name in names]
    files = [*annotated, *(f"bare_{name}.py" for name in names)]
    execution = [str(HERE / "execution.py"), str(database), *annotated]
    # Named, or mypy would take a module on PYTHONPATH for an installed one and skip its bodies.
    files.append(str(PROJECT / "shop" / "models.py"))
    check = ["-m", "mypy", "--output", "json", "--cache-dir", str(folder / "cache"), *files]
    running, checking = (
        subprocess.Popen([sys.executable, *command], cwd=folder, env=env, stdout=subprocess.PIPE)
        for command in (execution, check)
    )
    with running, checking:
        messages, _ = checking.communicate()
        outcomes, _ = running.communicate()
    assert running.returncode == 0
    assert checking.returncode in {0, 1}, messages.decode()
    ran: dict[str, dict[str, str]] = json.loads(outcomes)
    return ran, _reported(messages.decode())


def _reported(output: str) -> _Said:
    said: _Said = defaultdict(list)
    for text in output.splitlines():
        message: dict[str, Any] = json.loads(text)
        assert "mypy_async_django failed" not in message["message"], text
        if message["code"] in CODES:
            said[message["file"], message["line"]].append(message["message"])
    return said


def names_in(text: str) -> set[str]:
    """The names that the grammar made, in a line."""
    return set(re.findall(r"\b(?:[a-z]\w*\d|helper_\w+|Shelf_\w+|request)\b", text))


def _opens(text: str, indent: int) -> bool:
    return _indent(text) < indent and text.rstrip().endswith(":")


def _indent(text: str) -> int:
    return len(text) - len(text.lstrip())


def _is_start(line: Line) -> bool:
    return line.annotated.startswith("async def program")
