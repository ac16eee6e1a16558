"""Writes what is generated: docs/rules, docs/catalogue.md, and the codes in README and mkdocs.yml.

Runs in an environment that has mypy: ``python3 dev.py docs`` sees to it.
"""

from __future__ import annotations

import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent


def main() -> None:
    """Write all of it, and remove the pages of rules that are gone."""
    from mypy_async_django import pages

    documents = {ROOT / "docs" / path: text for path, text in pages.documents()}
    for path in (ROOT / "docs" / "rules").glob("*.md"):
        if path not in documents:
            path.unlink()
    for path, text in documents.items():
        path.parent.mkdir(exist_ok=True)
        path.write_text(text, encoding="utf-8")
    readme = ROOT / "README.md"
    readme.write_text(pages.with_codes(readme.read_text(encoding="utf-8")), encoding="utf-8")
    mkdocs = ROOT / "mkdocs.yml"
    mkdocs.write_text(pages.with_navigation(mkdocs.read_text(encoding="utf-8")), encoding="utf-8")


if __name__ == "__main__":
    sys.path.insert(0, str(ROOT))
    main()
