"""Code actions in editors: alone, and in a session with the language server where it is installed."""

import json
import os
import subprocess
import sys
import threading
from collections.abc import Iterator, Mapping
from importlib.util import find_spec
from pathlib import Path
from types import SimpleNamespace
from typing import IO, Any

import pytest

from mypy_async_django.check.editor import pylsp_code_actions

#: Seconds after which a session that hangs is ended.
PATIENCE = 300


def diagnostic(line: int, column: int, code: str | None) -> dict[str, Any]:
    """One as the editor sends it; lines and columns count from 0."""
    start = {"line": line, "character": column}
    return {"range": {"start": start, "end": start}, "code": code, "source": "mypy"}


def actions(site: Path, text: str, *diagnostics: Mapping[str, Any]) -> list[dict[str, Any]]:
    """What the plugin offers for diagnostics of the views, whose text in the editor is this."""
    path = site / "mysite" / "views.py"
    document = SimpleNamespace(path=str(path), source=text, uri=path.as_uri())
    workspace = SimpleNamespace(root_path=str(site))
    return pylsp_code_actions(workspace, document, {"diagnostics": diagnostics})


def position(text: str, code: str) -> tuple[int, int]:
    """Where a piece of code starts; lines and columns count from 0."""
    before = text[: text.index(code)].splitlines()
    return len(before) - 1, len(before[-1])


def changed(text: str, action: Mapping[str, Any]) -> str:
    """The text after an action, by its edits of whole lines."""
    lines = text.splitlines(keepends=True)
    (edits,) = action["edit"]["changes"].values()
    for edit in reversed(edits):
        start, end = edit["range"]["start"], edit["range"]["end"]
        assert start["character"] == end["character"] == 0
        lines[start["line"] : end["line"]] = [edit["newText"]]
    return "".join(lines)


def test_a_fix_is_an_action(site: Path) -> None:
    """It has the note as its title and the whole change, with the import."""
    text = (site / "mysite" / "views.py").read_text()
    sleep = diagnostic(*position(text, "time.sleep"), "async-blocking")
    (action,) = actions(site, text, sleep)
    assert action["title"] == 'Use "await asyncio.sleep(1)"'
    assert action["diagnostics"] == [sleep]
    assert action["isPreferred"]
    wanted = text.replace("time.sleep(1)", "await asyncio.sleep(1)")
    assert changed(text, action) == wanted.replace("import time", "import asyncio\nimport time", 1)


def test_a_fix_that_is_not_safe_is_not_preferred(site: Path) -> None:
    """So that "fix all" of an editor leaves it to a person."""
    text = (site / "mysite" / "views.py").read_text()
    (action,) = actions(site, text, diagnostic(*position(text, "names())"), "async-unsafe-call"))
    assert "sync_to_async(names)()" in changed(text, action)
    assert not action["isPreferred"]


@pytest.mark.parametrize(
    ("code", "what"),
    [(None, "time.sleep"), ("assignment", "wrong"), ("async-blocking", "User.objects.get")],
    ids=["a note", "an error of mypy's", "an error that is not there any more"],
)
def test_other_diagnostics_have_none(site: Path, code: str | None, what: str) -> None:
    """Neither those of others, nor those of ours that the code no longer has."""
    text = (site / "mysite" / "views.py").read_text()
    assert actions(site, text, diagnostic(*position(text, what), code)) == []


def test_there_are_none_while_the_text_is_not_saved(site: Path) -> None:
    """The positions would be those of another text."""
    path = site / "mysite" / "views.py"
    text = path.read_text()
    path.write_text(f"# A comment\n{text}")
    assert actions(site, text, diagnostic(*position(text, "time.sleep"), "async-blocking")) == []


def test_there_are_none_where_the_code_cannot_be_checked(site: Path) -> None:
    """pylsp-mypy says why."""
    path = site / "mysite" / "views.py"
    text = path.read_text() + "def\n"
    path.write_text(text)
    assert actions(site, text, diagnostic(*position(text, "time.sleep"), "async-blocking")) == []


@pytest.mark.skipif(find_spec("pylsp") is None, reason="python-lsp-server is not installed")
def test_a_session_with_the_language_server(site: Path) -> None:
    """It finds the plugin by its entry point, and asks it with the diagnostics of pylsp-mypy."""
    (site / "mypy.ini").write_text("[mypy]\nplugins = mypy_async_django\n")
    path = site / "mysite" / "views.py"
    text = path.read_text()
    server = subprocess.Popen(
        [sys.executable, "-m", "pylsp"],
        cwd=site,
        env=os.environ | {"PYTHONPATH": str(site)},
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
    )
    assert server.stdin is not None
    assert server.stdout is not None
    ending = threading.Timer(PATIENCE, server.kill)
    ending.start()
    try:
        answers = received(server.stdout)
        send(server.stdin, "initialize", {"rootUri": site.as_uri(), "capabilities": {}}, number=1)
        next(answer for answer in answers if answer.get("id") == 1)
        send(server.stdin, "initialized", {})
        opened = {"uri": path.as_uri(), "languageId": "python", "version": 1, "text": text}
        send(server.stdin, "textDocument/didOpen", {"textDocument": opened})
        blocking = next(
            diagnostic
            for answer in answers
            if answer.get("method") == "textDocument/publishDiagnostics"
            for diagnostic in answer["params"]["diagnostics"]
            if diagnostic.get("code") == "async-blocking"
        )
        question = {
            "textDocument": {"uri": path.as_uri()},
            "range": blocking["range"],
            "context": {"diagnostics": [blocking]},
        }
        send(server.stdin, "textDocument/codeAction", question, number=2)
        answer = next(answer for answer in answers if answer.get("id") == 2)
    finally:
        ending.cancel()
        server.kill()
        server.wait()
    ours = [each for each in answer["result"] if each["title"].startswith("Use ")]
    assert ["await asyncio.sleep(1)" in changed(text, each) for each in ours] == [True]


def send(
    stream: IO[bytes], method: str, parameters: Mapping[str, Any], number: int | None = None
) -> None:
    """Write a message of the protocol: a request if it has a number, else a notification."""
    message = {"jsonrpc": "2.0", "method": method, "params": parameters}
    content = json.dumps(message if number is None else message | {"id": number}).encode()
    stream.write(b"Content-Length: %d\r\n\r\n%b" % (len(content), content))
    stream.flush()


def received(stream: IO[bytes]) -> Iterator[dict[str, Any]]:
    """The server's messages; ends with the server."""
    while header := stream.readline():
        length = int(header.split(b":")[1])
        while stream.readline().strip():
            pass
        yield json.loads(stream.read(length))
