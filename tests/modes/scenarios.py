"""Small projects that change: what is edited, what mypy must say, what it has to look at again."""

from typing import Final

from harness import State

# A coroutine that reaches what `far.three` does, three modules away.
_VIEW: Final = """\
from near import one


async def view() -> None:
    one()
"""
_FIRST: Final = "from middle import two\n\n\ndef one() -> None:\n    two()\n"
_SECOND: Final = "from far import three\n\n\ndef two() -> None:\n    three()\n"
_HARMLESS: Final = "import time\n\n\ndef three() -> None:\n    time.time()\n"
_SLEEPS: Final = "import time\n\n\ndef three() -> None:\n    time.sleep(1)\n"
_CHAIN: Final = {"view.py": _VIEW, "near.py": _FIRST, "middle.py": _SECOND}
_ALL: Final = ("near", "middle", "far", "view")
_REACHED: Final = ("view.py:5 async-blocking-call",)

_APPEARS: Final = [
    State({**_CHAIN, "far.py": _HARMLESS}, (), _ALL),
    State({"far.py": _SLEEPS}, _REACHED, ("middle", "far", "view")),
    # Another body that does the same: nobody else has to look.
    State({"far.py": _SLEEPS.replace("1", "2 + 2")}, _REACHED, ("far",)),
    State({"far.py": "# A line more.\n" + _SLEEPS}, _REACHED, ("far",)),
    State({"far.py": _HARMLESS}, (), ("middle", "far", "view")),
    # A function that nobody calls.
    State({"far.py": _HARMLESS + "\n\ndef other() -> None:\n    pass\n"}, ()),
    State({"far.py": _SLEEPS.replace("time.sleep(1)", "input()")}, _REACHED),
]

_MOVES: Final = [
    State({**_CHAIN, "far.py": _SLEEPS}, _REACHED, _ALL),
    State(
        {"moved.py": _SLEEPS, "middle.py": _SECOND.replace("far", "moved")},
        _REACHED,
        ("near", "moved", "middle", "view"),
    ),
    # The old one is not called any more.
    State({"far.py": _HARMLESS}, _REACHED, ("far",)),
    State({"moved.py": _HARMLESS}, (), ("moved", "middle", "view")),
    # It becomes a re-export of the old one, whose body sleeps again.
    State({"moved.py": "from far import three as three\n", "far.py": _SLEEPS}, _REACHED),
    State({"far.py": _HARMLESS}, ()),
]

_RENAMED: Final = [
    State({**_CHAIN, "far.py": _SLEEPS}, _REACHED),
    State({"far.py": _SLEEPS.replace("three", "drei")}, ("middle.py:1 attr-defined",)),
    State({"middle.py": _SECOND.replace("three", "drei")}, _REACHED),
    State({"middle.py": _SECOND.replace("three()", "pass").replace("three", "drei")}, ()),
    State({"middle.py": _SECOND, "far.py": _SLEEPS}, _REACHED),
]

_DELETED: Final = [
    State({**_CHAIN, "far.py": _SLEEPS}, _REACHED),
    State({"far.py": None}, ("middle.py:1 import-not-found",)),
    State({"far.py": _HARMLESS}, ()),
    State({"far.py": _SLEEPS}, _REACHED),
    State({"near.py": None}, ("view.py:1 import-not-found",)),
    State({"near.py": _FIRST}, _REACHED),
    State({"view.py": None}, ()),
    State({"view.py": _VIEW}, _REACHED),
]

_DECORATORS: Final = """\
from collections.abc import Callable, Coroutine
from typing import Any, TypeVar
import asyncio

F = TypeVar("F", bound=Callable[..., Any])

def logged(function: F) -> F:
    return function

def in_thread(function: Callable[[], None]) -> Callable[[], Coroutine[Any, Any, None]]:
    async def run() -> None:
        await asyncio.to_thread(function)
    return run
"""
_DECORATED: Final = """\
import time
from decorators import {0}

@{0}
def three() -> None:
    time.sleep(1)
"""
_DECORATOR: Final = [
    State({**_CHAIN, "decorators.py": _DECORATORS, "far.py": _SLEEPS}, _REACHED),
    State({"far.py": _DECORATED.format("logged")}, _REACHED),
    # Nobody awaits it in `two`: another mistake, but no sleep on the loop.
    State({"far.py": _DECORATED.format("in_thread")}, ("middle.py:5 unused-coroutine",)),
    State({"far.py": _DECORATED.format("logged")}, _REACHED),
    State(
        {
            "decorators.py": _DECORATORS.replace(
                "def logged(function: F) -> F:\n    return function",
                "",
            )
            + "\nlogged = in_thread\n"
        },
        ("middle.py:5 unused-coroutine",),
    ),
    State({"decorators.py": _DECORATORS}, _REACHED),
]

_CYCLE: Final = [
    State(
        {
            "view.py": "from near import one\n\n\nasync def view() -> None:\n    one(2)\n",
            "near.py": (
                "import middle\n\n\ndef one(times: int) -> None:\n    middle.two(times)\n\n\n"
                "def again(times: int) -> None:\n    one(times - 1)\n"
            ),
            "middle.py": (
                "import near\nimport far\n\n\ndef two(times: int) -> None:\n"
                "    if times:\n        near.again(times)\n    far.three()\n"
            ),
            "far.py": "import near\n\n\n" + _HARMLESS,
        },
        (),
    ),
    State({"far.py": "import near\n\n\n" + _SLEEPS}, _REACHED),
    State({"far.py": _SLEEPS}, _REACHED),
    State({"far.py": "import view\n\n\n" + _SLEEPS}, _REACHED),
    State({"far.py": "import view\n\n\n" + _HARMLESS}, ()),
    State(
        {"far.py": _HARMLESS + "\n\nasync def own() -> None:\n    time.sleep(1)\n"},
        ("far.py:9 async-blocking",),
    ),
]

_IGNORED: Final = [
    State({**_CHAIN, "far.py": _SLEEPS}, _REACHED),
    State({"view.py": _VIEW.replace("one()", "one()  # type: ignore[async-blocking-call]")}, ()),
    State({"far.py": _SLEEPS.replace("1", "2")}, ()),
    State(
        {"view.py": _VIEW.replace("one()", "one()  # type: ignore[async-blocking]")},
        ("view.py:5 unused-ignore",),
    ),
    State({"view.py": _VIEW.replace("one()", "one()  # type: ignore")}, ()),
    State(
        {"view.py": _VIEW.replace("one()", "one()  # type: ignore[async-unsafe]")},
        ("view.py:5 unused-ignore", *_REACHED),
    ),
    State({"view.py": _VIEW}, _REACHED),
    State(
        {"view.py": "# mypy: disable-error-code=async-blocking\n" + _VIEW},
        (),
    ),
    State({"view.py": _VIEW}, _REACHED),
]

_OTHER: Final = (
    "from collections.abc import Callable\n\n\ndef other(x: int) -> int:\n    return x\n"
)
_DIRECT: Final = [
    State(
        {
            "view.py": (
                "import time\nfrom other import other\n\n\nasync def view() -> None:\n"
                "    other(1)\n    time.sleep(1)\n"
            ),
            "other.py": _OTHER,
        },
        ("view.py:7 async-blocking",),
        ("other", "view"),
    ),
    # Unrelated edits: what was said stays said. The coroutine asks what the other function returns.
    State(
        {"other.py": _OTHER.replace("x\n", "x + 1\n")},
        ("view.py:7 async-blocking",),
        ("other", "view"),
    ),
    State({"new.py": "x = 1\n"}, ("view.py:7 async-blocking",), ("new",)),
    State(
        {"other.py": _OTHER.replace("x: int", "x: str")},
        ("other.py:5 return-value", "view.py:6 arg-type", "view.py:7 async-blocking"),
    ),
    State({"other.py": _OTHER, "new.py": None}, ("view.py:7 async-blocking",)),
    State({"view.py": "import time\n\n\nasync def view() -> None:\n    time.time()\n"}, ()),
]

# What mypy does not check, as it has no annotations.
_BARE_VIEW: Final = _VIEW.replace(" -> None", "")
_BARE_CHAIN: Final = {name: text.replace(" -> None", "") for name, text in _CHAIN.items()}
_BARE_HARMLESS: Final = _HARMLESS.replace(" -> None", "")
_BARE_SLEEPS: Final = _SLEEPS.replace(" -> None", "")
_UNANNOTATED: Final = [
    State({**_BARE_CHAIN, "far.py": _BARE_HARMLESS, "other.py": "x = 1\n"}, ()),
    State({"far.py": _BARE_SLEEPS}, _REACHED, ("middle", "far", "view")),
    State({"far.py": _BARE_SLEEPS.replace("1", "2")}, _REACHED, ("far",)),
    State({"other.py": "x = 2\n"}, _REACHED, ("other",)),
    State({"other.py": "x = len('')\n"}, _REACHED, ("other",)),
    State({"far.py": _BARE_HARMLESS}, (), ("middle", "far", "view")),
    State({"far.py": _BARE_SLEEPS, "other.py": None}, _REACHED),
    State(
        {"view.py": _BARE_VIEW.replace("one()", "one()  # type: ignore[async-blocking-call]")}, ()
    ),
    State({"far.py": _BARE_HARMLESS}, ("view.py:5 unused-ignore",)),
    State({"far.py": _BARE_SLEEPS}, ()),
    State({"view.py": _BARE_VIEW}, _REACHED),
    State({"view.py": None}, ()),
    State({"far.py": _BARE_HARMLESS}, ()),
]

_ONLY_BARE: Final = "import time\n\n\nasync def view():\n    time.sleep(1)\n"
_ONLY_UNANNOTATED: Final = [
    State({"view.py": _ONLY_BARE, "other.py": "x = 1\n"}, ("view.py:5 async-blocking",)),
    State({"other.py": "x = 2\n"}, ("view.py:5 async-blocking",), ("other",)),
    State(
        {"other.py": "def f() -> int:\n    return ''\n"},
        ("other.py:2 return-value", "view.py:5 async-blocking"),
    ),
    State(
        {"view.py": _ONLY_BARE.replace("(1)", "(1)  # type: ignore")}, ("other.py:2 return-value",)
    ),
    State({"view.py": "\n" + _ONLY_BARE}, ("other.py:2 return-value", "view.py:6 async-blocking")),
    State({"view.py": "\n" + _ONLY_BARE.replace("sleep", "time")}, ("other.py:2 return-value",)),
    State({"other.py": "x = 1\n"}, ()),
    State({"view.py": _ONLY_BARE}, ("view.py:5 async-blocking",)),
    State({"view.py": "# mypy: disable-error-code=async-blocking\n" + _ONLY_BARE}, ()),
    State({"view.py": _ONLY_BARE}, ("view.py:5 async-blocking",)),
    State({"other.py": None}, ("view.py:5 async-blocking",)),
]

_BOOK: Final = """\
import time
from base import Base


class Book(Base):
    @property
    def title(self) -> str:
        return ""

    def save(self) -> None:
        {0}

    def __bool__(self) -> bool:
        {1}
        return True
"""
_METHODS_VIEW: Final = """\
from book import Book


async def view(book: Book) -> None:
    book.save()
    print(book.title)


async def empty(book: Book) -> None:
    if book:
        pass


async def inherited(book: Book) -> None:
    book.refresh()
"""
_BASE: Final = "import time\n\n\nclass Base:\n    def refresh(self) -> None:\n        {0}\n"
_METHODS: Final = [
    State(
        {
            "view.py": _METHODS_VIEW,
            "book.py": _BOOK.format("pass", "pass"),
            "base.py": _BASE.format("pass"),
            "other.py": "x = 1\n",
        },
        (),
    ),
    State({"book.py": _BOOK.format("time.sleep(1)", "pass")}, ("view.py:5 async-blocking-call",)),
    State(
        {"base.py": _BASE.format("time.sleep(1)")},
        ("view.py:5 async-blocking-call", "view.py:15 async-blocking-call"),
    ),
    # Nothing in `empty` makes mypy ask a plugin.
    State(
        {"book.py": _BOOK.format("pass", "time.sleep(1)"), "base.py": _BASE.format("pass")},
        ("view.py:10 async-blocking-call",),
    ),
    State({"other.py": "x = 2\n"}, ("view.py:10 async-blocking-call",), ("other",)),
    State({"book.py": _BOOK.format("pass", "pass")}, ()),
    State(
        {
            "book.py": _BOOK.format("pass", "pass").replace(
                'return ""', "time.sleep(1)\n        return ''"
            )
        },
        ("view.py:6 async-blocking-call",),
    ),
    # The subclass gets a method of its own.
    State(
        {
            "book.py": _BOOK.format("pass", "pass")
            + "\n    def refresh(self) -> None:\n        time.sleep(1)\n"
        },
        ("view.py:15 async-blocking-call",),
    ),
]

_SENDER: Final = """\
import time


class Slow:
    def send(self) -> None:
        time.sleep(1)


class Quick:
    def send(self) -> None:
        pass
"""
_FACTORY: Final = "from sender import Quick, Slow\n\n\ndef sender() -> {0}:\n    return {0}()\n"
_TYPES: Final = [
    State(
        {
            "sender.py": _SENDER,
            "factory.py": _FACTORY.format("Quick"),
            "helper.py": "from factory import sender\n\n\ndef send() -> None:\n    sender().send()\n",
            "bare.py": "from factory import sender\n\n\ndef send():\n    sender().send()\n",
            "view.py": "from helper import send\n\n\nasync def view() -> None:\n    send()\n",
            "bare_view.py": "from bare import send\n\n\nasync def view():\n    send()\n",
            "direct.py": "from factory import sender\n\n\nasync def view():\n    sender().send()\n",
        },
        (),
    ),
    State(
        {"factory.py": _FACTORY.format("Slow")},
        (
            "bare_view.py:5 async-blocking-call",
            "direct.py:5 async-blocking-call",
            "view.py:5 async-blocking-call",
        ),
    ),
    # Two modules away from those that use it, and imported by none of them.
    State({"sender.py": _SENDER.replace("time.sleep(1)", "pass")}, ()),
    State(
        {"sender.py": _SENDER.replace("pass", "time.sleep(2)").replace("(1)", "(3)")},
        (
            "bare_view.py:5 async-blocking-call",
            "direct.py:5 async-blocking-call",
            "view.py:5 async-blocking-call",
        ),
    ),
    State(
        {
            "sender.py": "import time\n\n\nclass Base:\n    def send(self) -> None:\n"
            "        time.sleep(1)\n\n\nclass Slow(Base):\n    pass\n\n\nclass Quick:\n    pass\n"
        },
        (
            "bare_view.py:5 async-blocking-call",
            "direct.py:5 async-blocking-call",
            "view.py:5 async-blocking-call",
        ),
    ),
    State({"sender.py": _SENDER, "factory.py": _FACTORY.format("Quick")}, ()),
]

_SYNC: Final = "def send() -> None:\n    pass\n"
_COROUTINE: Final = "async def send() -> None:\n    pass\n"
_SENDS: Final = (
    "from mail import send\n\n\ndef register(name{0}){1}:\n    print(name)\n    send()\n"
)
_UNAWAITED: Final = [
    State(
        {
            "mail.py": _SYNC,
            "annotated.py": _SENDS.format(": str", " -> None"),
            "bare.py": _SENDS.format("", ""),
            "top.py": "from mail import send\n\nsend()\n",
            "other.py": "x = 1\n",
        },
        (),
    ),
    State(
        {"mail.py": _COROUTINE},
        (
            "annotated.py:6 unused-coroutine",
            "bare.py:6 unawaited-coroutine",
            "top.py:3 unused-coroutine",
        ),
    ),
    State(
        {"other.py": "x = 2\n"},
        (
            "annotated.py:6 unused-coroutine",
            "bare.py:6 unawaited-coroutine",
            "top.py:3 unused-coroutine",
        ),
        ("other",),
    ),
    State({"mail.py": _SYNC}, ()),
]

_AWKWARD: Final = [
    State(
        {
            "view.py": (
                "import time\nfrom typing import Any\n\n\nasync def view(x: Any) -> None:\n"
                "    time.sleep(1)\n    x.close()\n\n\n"
                "async def nested() -> None:\n    def wait() -> None:\n        time.sleep(1)\n"
                "    wait()\n    (lambda: time.sleep(1))()\n\n\n"
                "def maker():\n    async def made():\n        time.sleep(1)\n    return made\n"
            ),
            "other.py": "x = 1\n",
        },
        (
            "view.py:6 async-blocking",
            "view.py:13 async-blocking-call",
            "view.py:14 async-blocking-call",
            "view.py:19 async-blocking",
        ),
    ),
    State(
        {"other.py": "x = 2\n"},
        (
            "view.py:6 async-blocking",
            "view.py:13 async-blocking-call",
            "view.py:14 async-blocking-call",
            "view.py:19 async-blocking",
        ),
        ("other",),
    ),
]

_PACKAGE: Final = [
    State(
        {
            "shop/__init__.py": "from shop.services import load as load\n",
            "shop/services.py": "def load() -> None:\n    pass\n",
            "view.py": "import shop\n\n\nasync def view() -> None:\n    shop.load()\n",
            "bare.py": "import shop\n\n\nasync def view():\n    shop.load()\n",
        },
        (),
    ),
    State(
        {"shop/services.py": "import time\n\n\ndef load() -> None:\n    time.sleep(1)\n"},
        ("bare.py:5 async-blocking-call", "view.py:5 async-blocking-call"),
    ),
    State(
        {"shop/__init__.py": "def load() -> None:\n    pass\n"},
        (),
    ),
]

# Variables that hold a function, whose types do not tell which.
_WORK: Final = """\
import time


def quick() -> None:
    pass


def slow() -> None:
    time.sleep(1)


class Shop:
    def load(self) -> None:
        time.sleep(1)

    def skip(self) -> None:
        pass
"""
_HELD: Final = "import work\n\nalias = work.{}\n\n\nclass Kept(work.Shop):\n    n = work.Shop.{}\n"
_USES: Final = """\
import through


async def view(kept: through.Kept) -> None:
    through.alias()
    kept.n()


async def bare():
    through.alias()
"""
_VARIABLES: Final = [
    State(
        {
            "work.py": _WORK,
            "held.py": _HELD.format("quick", "skip"),
            "through.py": "from held import Kept as Kept, alias as alias\n",
            "view.py": _USES,
        },
        (),
    ),
    State(
        {"held.py": _HELD.format("slow", "skip")},
        ("view.py:10 async-blocking-call", "view.py:5 async-blocking-call"),
    ),
    State(
        {"held.py": _HELD.format("quick", "load")},
        ("view.py:6 async-blocking-call",),
    ),
    State({"work.py": _WORK.replace("time.sleep(1)", "pass")}, ()),
    State(
        {"work.py": _WORK, "held.py": _HELD.format("slow", "skip") + "\nalias = work.quick\n"}, ()
    ),
]

# A method of a base, through a module that mypy need not read again.
_OWN: Final = (
    "import work\n\n\nclass Kept(work.Shop):\n    def n(self) -> None:\n        self.{}()\n"
)
_INHERITED: Final = [
    State(
        {
            "work.py": _WORK,
            "held.py": _OWN.format("skip"),
            "through.py": "from held import Kept as Kept\n",
            "view.py": "import through\n\n\nasync def bare():\n    through.Kept().n()\n",
        },
        (),
    ),
    State({"held.py": _OWN.format("load")}, ("view.py:5 async-blocking-call",)),
    State({"work.py": _WORK.replace("time.sleep(1)", "pass")}, ()),
    State({"work.py": _WORK}, ("view.py:5 async-blocking-call",)),
    State({"held.py": _OWN.format("skip")}, ()),
]

_MIXIN: Final = "class Mixin:\n    def run(self):\n        {}\n"
_WORKER: Final = "import time\n\n\nclass Worker:\n    def run(self):\n        time.{}(1)\n"
_MIXED: Final = """\
from mixin import Mixin
from worker import Worker


class Both(Mixin, Worker):
    pass


def run(both: Both) -> None:
    both.run()
"""
_MIXED_VIEW: Final = (
    "from mixed import Both, run\n\n\nasync def view(both: Both) -> None:\n    run(both)\n"
)
_HANDS_ON: Final = _MIXIN.format("super().run()")
_UPWARD: Final = [
    State(
        {
            "mixin.py": _HANDS_ON,
            "worker.py": _WORKER.format("sleep"),
            "mixed.py": _MIXED,
            "view.py": _MIXED_VIEW,
        },
        _REACHED,
    ),
    State({"mixin.py": _MIXIN.format("pass")}, ()),
    State({"mixin.py": _HANDS_ON}, _REACHED),
    State({"worker.py": _WORKER.format("time")}, ()),
    State({"worker.py": _WORKER.format("sleep")}, _REACHED),
    State({"mixed.py": _MIXED.replace("Mixin, Worker", "Worker, Mixin")}, _REACHED),
    State({"mixed.py": _MIXED.replace("Mixin, Worker", "Mixin")}, ()),
]

_SILENT_BARE: Final = "# mypy: disable-error-code=async-blocking\n" + _ONLY_BARE
_OWN_OPTIONS: Final = [
    State({**_CHAIN, "far.py": _HARMLESS}, ()),
    # The view's function is checked again, and then the module is another one.
    State({"near.py": _FIRST.replace("-> None", "-> object") + "    return 1\n"}, ()),
    State({"view.py": _SILENT_BARE}, ()),
    State({"view.py": _ONLY_BARE}, ("view.py:5 async-blocking",)),
]

_OFFLOADED: Final = """\
import time
from channels.db import {0} as decorate  # type: ignore

@decorate
def three():
    time.sleep(1)
"""
_MISSING: Final = [
    State({"view.py": _VIEW, "near.py": _OFFLOADED.replace("three", "one").format("other")}, ()),
    # mypy knows nothing of the decorator but its name.
    State(
        {"near.py": _OFFLOADED.replace("three", "one").format("database_sync_to_async")},
        ("view.py:5 unawaited-coroutine",),
    ),
    State({"view.py": _VIEW.replace("one()", "await one()")}, ()),
    State({"near.py": _FIRST, **_CHAIN, "far.py": _SLEEPS}, _REACHED),
    State({"far.py": "import requests  # type: ignore\n\n\n" + _HARMLESS}, ()),
    State(
        {
            "far.py": _SLEEPS.replace("time", "requests  # type: ignore", 1).replace(
                "time.sleep(1)", "requests.get('x')"
            )
        },
        _REACHED,
    ),
]

_SHOWS: Final = "from typing import Any\n\n\ndef one(it: Any) -> None:\n    print(it)\n"
_KEEPS: Final = _SHOWS.replace("print(it)", "KEPT.append(it)") + "\n\nKEPT: list[Any] = []\n"
_VALUES: Final = [
    State(
        {
            "view.py": (
                "from near import one\n\n\nasync def two() -> None:\n    one(three())\n\n\n"
                "async def three() -> int:\n    return 3\n"
            ),
            "near.py": _SHOWS,
        },
        ("view.py:5 coroutine-as-value",),
    ),
    State({"near.py": _KEEPS}, ()),
    State({"near.py": "# A line more.\n" + _KEEPS}, ()),
    State({"near.py": _SHOWS}, ("view.py:5 coroutine-as-value",)),
]

# A re-export that leads elsewhere, in each way that there is.
_FETCH: Final = "def fetch(){0}:\n    time.{1}(1)\n"
_ELSEWHERE: Final = "if sys.version_info {0} (3,):\n    {1}\nelse:\n    {2}\n"
_FAST: Final = "from fast import fetch as fetch"
_SLOW: Final = "from slow import fetch as fetch"
_SERVED: Final = ("view.py:5 async-blocking-call",)


def _re_exported(returned: str, service: str) -> list[State]:
    files = {
        "fast.py": f"import time\n\n\n{_FETCH.format(returned, 'ctime')}",
        "slow.py": f"import time\n\n\n{_FETCH.format(returned, 'sleep')}",
        "compat.py": f"{_FAST}\n",
        "service.py": service,
        "view.py": (f"from service import serve\n\n\nasync def view(){returned}:\n    serve()\n"),
    }
    return [
        State(files),
        State({"compat.py": f"{_SLOW}\n"}, _SERVED),
        State({"compat.py": "from fast import *\n"}),
        State({"compat.py": "from slow import *\n"}, _SERVED),
        State({"compat.py": "import sys\n" + _ELSEWHERE.format(">", _FAST, _SLOW)}),
        State({"compat.py": "import sys\n" + _ELSEWHERE.format("<", _FAST, _SLOW)}, _SERVED),
        State({"compat.py": None, "compat/__init__.py": f"{_FAST}\n"}),
        State({"compat/__init__.py": f"{_SLOW}\n"}, _SERVED),
    ]


_BY_NAME: Final = "from compat import fetch\n\n\ndef serve(){0}:\n    fetch()\n"
_BY_MODULE: Final = "import compat\n\n\ndef serve(){0}:\n    compat.fetch()\n"

_SLEEPY: Final = "import time\n\n\nasync def view() -> None:\n    time.sleep(1)\n"
_LEFT_OUT: Final = [
    State(
        {"view.py": _SLEEPY, "pack.py": _SLEEPY},
        ("pack.py:5 async-blocking", "view.py:5 async-blocking"),
    ),
    State({"view.py": f"# mypy: ignore-errors\n{_SLEEPY}"}, ("pack.py:5 async-blocking",)),
    State(
        {"pack.py": None, "pack/__init__.py": "", "pack/inner.py": _SLEEPY},
        ("pack/inner.py:5 async-blocking",),
    ),
    State({"pack/inner.pyi": "async def view() -> None: ...\n"}),
    State({"view.py": _SLEEPY}, ("view.py:5 async-blocking",)),
]


# A form in a module of its own, validated by a coroutine: what its class declares decides.
_FORMS: Final = {
    "django/__init__.pyi": "",
    "django/forms/__init__.pyi": "",
    "django/forms/forms.pyi": "class BaseForm:\n    def is_valid(self) -> bool: ...\n",
    "django/forms/models.pyi": "class ModelChoiceField:\n    def __init__(self, queryset: object) -> None: ...\n",
    "view.py": "from orders import OrderForm\n\n\nasync def view() -> bool:\n    return OrderForm().is_valid()\n",
}
_ORDER_FORM: Final = """\
from django.forms.forms import BaseForm
from django.forms.models import ModelChoiceField

class OrderForm(BaseForm):
    book = None
"""
_DECLARED: Final = [
    State({**_FORMS, "orders.py": _ORDER_FORM}),
    State(
        {"orders.py": _ORDER_FORM.replace("None", "ModelChoiceField(None)")},
        ("view.py:5 async-unsafe-call",),
    ),
    State({"orders.py": _ORDER_FORM}),
    State(
        {
            "fields.py": _ORDER_FORM.replace("None", "ModelChoiceField(None)"),
            "orders.py": "import fields\n\nclass OrderForm(fields.OrderForm): ...\n",
        },
        ("view.py:5 async-unsafe-call",),
    ),
    State({"fields.py": _ORDER_FORM}),
]


_RUNNER: Final = """\
import time
from typing import Any


class Runner:
    def run(self) -> None:
        time.sleep(1)


class Holder:
    {0}
"""
#: What it returns, only its type tells.
_READ: Final = '@property\n    def runner(self) -> {0}:\n        return vars(self)["runner"]'
_RUNS: Final = "from holder import Holder\n\n\nasync def view(holder: Holder) -> None:\n    {0}\n"


def _becomes_any(attribute: str, statement: str) -> list[State]:
    """Mypy asks plugins nothing about a call whose callee is Any."""
    typed, unknown = (_RUNNER.format(attribute.format(kind)) for kind in ("Runner", "Any"))
    view = _RUNS.format(statement)
    return [
        State({"holder.py": typed, "view.py": view}, _REACHED),
        State({"holder.py": unknown}),
        State({"holder.py": typed}, _REACHED),
        State({"view.py": f"{view}\n\nnumber = 1\n"}, _REACHED),
        State({"holder.py": unknown}),
    ]


_TWO: Final = """\
import time


class Fast:
    def go(self):
        pass


class Slow:
    def go(self):
        time.sleep(1)


class Shop:
    @property
    def till(self) -> {0}:
        return {0}()
"""
_THROUGH_A_PROPERTY: Final = [
    State(
        {
            "far.py": _TWO.format("Fast"),
            "near.py": "from far import Shop\n\n\ndef one():\n    Shop().till.go()\n",
            "view.py": _VIEW.replace(" -> None", ""),
        }
    ),
    State({"far.py": _TWO.format("Slow")}, _REACHED),
    State({"far.py": _TWO.format("Fast")}),
]


SCENARIOS: Final = {
    "what a class declares": _DECLARED,
    "attribute becomes Any": _becomes_any("runner: {0} = Runner()", "holder.runner.run()"),
    "property becomes Any": _becomes_any(_READ, "holder.runner.run()"),
    "property of another type": _THROUGH_A_PROPERTY,
    "re-export leads elsewhere": _re_exported(" -> None", _BY_NAME.format(" -> None")),
    "re-export leads elsewhere, unannotated": _re_exported("", _BY_NAME.format("")),
    "re-export leads elsewhere, by module": _re_exported("", _BY_MODULE.format("")),
    "module is not looked at any more": _LEFT_OUT,
    "operation appears and disappears": _APPEARS,
    "helper moves": _MOVES,
    "helper is renamed": _RENAMED,
    "module is deleted and restored": _DELETED,
    "decorator changes": _DECORATOR,
    "import cycle": _CYCLE,
    "errors are ignored": _IGNORED,
    "operation in the coroutine itself": _DIRECT,
    "unannotated": _UNANNOTATED,
    "only unannotated functions": _ONLY_UNANNOTATED,
    "methods and what uses them unseen": _METHODS,
    "types change what is called": _TYPES,
    "function becomes a coroutine": _UNAWAITED,
    "where plugins are not asked": _AWKWARD,
    "package and re-export": _PACKAGE,
    "variables that hold a function": _VARIABLES,
    "method of a base through a re-export": _INHERITED,
    "mixins that hand calls on": _UPWARD,
    "names of modules that are missing": _MISSING,
    "what a function does with what it gets": _VALUES,
    "options of a module that was checked again in part": _OWN_OPTIONS,
}
