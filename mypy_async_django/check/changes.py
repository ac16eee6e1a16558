"""Which files have changed, as git tells."""

import os
import subprocess
from pathlib import Path


class ChangesError(Exception):
    """git fails; the text is the whole message for the user."""


def changed_since(revision: str) -> frozenset[str]:
    """The files that differ from a revision's last common commit with HEAD, and those not yet added.

    Absolute paths. Raises ChangesError where git is missing, or knows no such revision.
    """
    top = _git("rev-parse", "--show-toplevel").strip()
    changed = _git("diff", "--name-only", "-z", "--merge-base", revision, "--")
    added = _git("ls-files", "--others", "--exclude-standard", "-z", "--full-name", top)
    names = filter(None, f"{changed}\0{added}".split("\0"))
    return frozenset(os.path.realpath(Path(top, name)) for name in names)


def _git(*arguments: str) -> str:
    try:
        said = subprocess.run(
            ["git", *arguments], capture_output=True, encoding="utf-8", check=False
        )
    except OSError as error:
        raise ChangesError(f"--diff-base needs git: {error}") from None
    if said.returncode:
        lines = said.stderr.strip().splitlines()
        raise ChangesError(f"--diff-base: git says: {lines[0] if lines else said.returncode}")
    return said.stdout
