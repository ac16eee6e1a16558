"""How Python's builtin functions use their arguments: iterate, measure, test or format them."""

from collections.abc import Mapping
from enum import Enum, auto
from typing import Final, NamedTuple


class Use(Enum):
    """An operation that runs a special method without a visible call."""

    ITERATE = auto()
    LENGTH = auto()
    TRUTH = auto()
    CONTAINS = auto()
    INDEX = auto()
    ASSIGN = auto()
    ASSIGN_ITEM = auto()
    DELETE_ITEM = auto()
    FORMAT = auto()
    EQUAL = auto()
    ENTER = auto()
    COPY = auto()
    LINK = auto()


BOOL: Final = "builtins.bool"
FILTER: Final = "builtins.filter"
MAP: Final = "builtins.map"
NEXT: Final = "builtins.next"
PARTIAL: Final = "functools.partial"

#: Return an iterator that calls its function for each item that is asked for.
LAZY_CALLERS: Final = frozenset({FILTER, MAP})

#: The special methods that Python tries for a use, in order; the first one a class has runs.
METHODS: Final[Mapping[Use, tuple[str, ...]]] = {
    Use.ITERATE: ("__iter__",),
    Use.LENGTH: ("__len__",),
    Use.TRUTH: ("__bool__", "__len__"),
    Use.CONTAINS: ("__contains__", "__iter__"),
    Use.INDEX: ("__getitem__",),
    Use.ASSIGN_ITEM: ("__setitem__",),
    Use.DELETE_ITEM: ("__delitem__",),
    Use.FORMAT: ("__format__", "__str__", "__repr__"),
    Use.EQUAL: ("__eq__",),
    Use.ENTER: ("__enter__",),
    Use.COPY: ("__copy__", "__getstate__"),
    Use.LINK: ("get_absolute_url",),
}


class Evaluator(NamedTuple):
    """A function that uses its positional arguments from ``first`` to ``last`` when it is called.

    ``alone`` says that it does so only if it has one argument: ``max(rows)``.
    """

    use: Use
    first: int = 0
    last: int = 0
    alone: bool = False


_ALL: Final = 1_000

#: Functions that return a lazy iterator over their argument.
ITERATED_LATER: Final[Mapping[str, Evaluator]] = {
    **dict.fromkeys(
        (
            "builtins.enumerate",
            "builtins.iter",
            "django.http.response.StreamingHttpResponse",
            "itertools.accumulate",
            "itertools.batched",
            "itertools.cycle",
            "itertools.groupby",
            "itertools.islice",
            "itertools.pairwise",
        ),
        Evaluator(Use.ITERATE),
    ),
    **dict.fromkeys(
        (
            "builtins.filter",
            "itertools.dropwhile",
            "itertools.filterfalse",
            "itertools.starmap",
            "itertools.takewhile",
        ),
        Evaluator(Use.ITERATE, 1, 1),
    ),
    MAP: Evaluator(Use.ITERATE, 1, _ALL),
    "builtins.zip": Evaluator(Use.ITERATE, 0, _ALL),
    "itertools.compress": Evaluator(Use.ITERATE, 0, 1),
    "itertools.zip_longest": Evaluator(Use.ITERATE, 0, _ALL),
}
#: Returns an iterator that calls ``iter()`` on its arguments only when it is iterated.
CHAIN: Final = "itertools.chain"

EVALUATORS: Final[Mapping[str, Evaluator]] = {
    **ITERATED_LATER,
    **dict.fromkeys(
        (
            "builtins.all",
            "builtins.any",
            "builtins.bytes.join",
            "builtins.dict",
            "builtins.dict.fromkeys",
            "builtins.frozenset",
            "builtins.list",
            "builtins.list.extend",
            "builtins.next",
            "builtins.reversed",
            "builtins.set",
            "builtins.set.update",
            "builtins.sorted",
            "builtins.str.join",
            "builtins.sum",
            "builtins.tuple",
            "collections.Counter",
            "collections.OrderedDict",
            "collections.deque",
            "collections.deque.extend",
            "csv.DictWriter.writerows",
            "django.http.response.HttpResponse",
            "itertools.combinations",
            "itertools.permutations",
            "random.choice",
            "random.choices",
            "typing.MutableMapping.update",
            "_csv.Writer.writerows",
        ),
        Evaluator(Use.ITERATE),
    ),
    "builtins.max": Evaluator(Use.ITERATE, alone=True),
    "builtins.min": Evaluator(Use.ITERATE, alone=True),
    "builtins.len": Evaluator(Use.LENGTH),
    "builtins.bool": Evaluator(Use.TRUTH),
    "builtins.format": Evaluator(Use.FORMAT),
    "builtins.print": Evaluator(Use.FORMAT, 0, _ALL),
    "builtins.repr": Evaluator(Use.FORMAT),
    "builtins.str": Evaluator(Use.FORMAT),
    "builtins.str.format": Evaluator(Use.FORMAT, 0, _ALL),
    **dict.fromkeys(
        (
            f"logging.{owner}{level}"
            for owner in ("", "Logger.", "LoggerAdapter.")
            for level in ("critical", "error", "exception", "info", "warning")
        ),
        Evaluator(Use.FORMAT, 0, _ALL),
    ),
    "contextlib._BaseExitStack.enter_context": Evaluator(Use.ENTER),
    **dict.fromkeys(
        (
            "django.test.testcases.TransactionTestCase.assertQuerySetEqual",
            "unittest.case.TestCase.assertCountEqual",
            "unittest.case.TestCase.assertSequenceEqual",
        ),
        Evaluator(Use.ITERATE, 0, 1),
    ),
    "unittest.case.TestCase.assertFalse": Evaluator(Use.TRUTH),
    "unittest.case.TestCase.assertIn": Evaluator(Use.ITERATE, 1, 1),
    "unittest.case.TestCase.assertNotIn": Evaluator(Use.ITERATE, 1, 1),
    "unittest.case.TestCase.assertTrue": Evaluator(Use.TRUTH),
    "copy.copy": Evaluator(Use.COPY),
    "django.shortcuts.redirect": Evaluator(Use.LINK),
    "django.shortcuts.resolve_url": Evaluator(Use.LINK),
    "functools.reduce": Evaluator(Use.ITERATE, 1, 1),
    "heapq.nlargest": Evaluator(Use.ITERATE, 1, 1),
    "heapq.nsmallest": Evaluator(Use.ITERATE, 1, 1),
    "itertools.product": Evaluator(Use.ITERATE, 0, _ALL),
    "_pickle.dump": Evaluator(Use.COPY),
    "_pickle.dumps": Evaluator(Use.COPY),
}
