"""How library functions move values: which part of an argument becomes which part of the result.

A row is written ``"source -> target"``. A source is an argument, by its position (``0``), its
keyword (``default=``), as any positional one (``*``, from the second on ``1*``) or as the receiver
of a method (``self``), followed by steps. A target is steps into the result; for a function that
stores it is ``self``, the receiver, or ``0``, the first argument, and steps into that. ``key=(0)``
and ``0(1)`` are a parameter, by position, of a function that is an argument. Steps: ``[*]`` is what
iteration yields, ``[0]`` a position, ``{*}`` a value of a mapping, ``.await`` the result of awaiting
and ``()`` the result of calling.
``[n]`` is the position of the argument itself. Without a source nothing is there: a new container.
"""

from collections.abc import Iterable, Mapping
from typing import Final, NamedTuple

_SAME_ITEMS: Final = ("0[*] -> [*]",)
_CHOSEN: Final = ("1[*] -> [*]", "1[*] -> 0(0)")
_LARGEST: Final = ("1[*] -> [*]", "1[*] -> key=(0)")
_EXTREME: Final = ("0[*] -> ", "default= -> ", "0[*] -> key=(0)")
_EXTREME_OF_SEVERAL: Final = ("* -> ", "* -> key=(0)")


class Transfer(NamedTuple):
    """One row: ``argument`` with steps into it, and steps into the result.

    ``stored_in`` is ``self`` or ``0`` where they are steps into the receiver or the first argument.
    ``handed_to`` is an argument, a function, whose parameter at ``place`` gets it.
    """

    argument: str
    source: tuple[str, ...]
    target: tuple[str, ...] = ()
    stored_in: str = ""
    handed_to: str = ""
    place: int = 0


def _for(names: Iterable[str], rows: tuple[str, ...]) -> Mapping[str, tuple[str, ...]]:
    return dict.fromkeys(names, rows)


_ROWS: Final[Mapping[str, tuple[str, ...]]] = {
    **_for(
        (
            "builtins.aiter",
            "builtins.frozenset",
            "builtins.iter",
            "builtins.list",
            "builtins.reversed",
            "builtins.set",
            "builtins.tuple",
            "collections.deque",
            "itertools.cycle",
            "itertools.islice",
        ),
        _SAME_ITEMS,
    ),
    **_for(
        (
            "builtins.filter",
            "itertools.dropwhile",
            "itertools.filterfalse",
            "itertools.takewhile",
        ),
        _CHOSEN,
    ),
    **_for(("heapq.nlargest", "heapq.nsmallest"), _LARGEST),
    **_for(("builtins.max", "builtins.min"), _EXTREME),
    **_for(("builtins.max+", "builtins.min+"), _EXTREME_OF_SEVERAL),
    "builtins.sorted": ("0[*] -> [*]", "0[*] -> key=(0)"),
    "itertools.accumulate": ("0[*] -> [*]", "0[*] -> 1(0)", "0[*] -> 1(1)"),
    "itertools.starmap": ("0() -> [*]", "1[*][0] -> 0(0)", "1[*][1] -> 0(1)"),
    "builtins.enumerate": ("0[*] -> [*][1]",),
    "builtins.sum": ("0[*] -> ", "1 -> "),
    "builtins.zip": ("*[*] -> [*][n]",),
    "itertools.zip_longest": ("*[*] -> [*][n]",),
    "itertools.product": ("*[*] -> [*][n]",),
    "itertools.chain": ("*[*] -> [*]",),
    "itertools.chain.from_iterable": ("0[*][*] -> [*]",),
    "itertools.compress": _SAME_ITEMS,
    "itertools.groupby": ("0[*] -> [*][1][*]", "0[*] -> key=(0)", "0[*] -> 1(0)"),
    "itertools.batched": ("0[*] -> [*][*]",),
    "itertools.combinations": ("0[*] -> [*][*]",),
    "itertools.pairwise": ("0[*] -> [*][*]",),
    "itertools.permutations": ("0[*] -> [*][*]",),
    "itertools.repeat": ("0 -> [*]",),
    "itertools.tee": ("0[*] -> [*][*]",),
    "builtins.dict": ("0{*} -> {*}", "0[*][1] -> {*}"),
    "collections.ChainMap": ("*{*} -> {*}",),
    "collections.OrderedDict": ("0{*} -> {*}", "0[*][1] -> {*}"),
    "collections.defaultdict": (" -> {*}", "1{*} -> {*}"),
    **_for(
        ("asyncio.queues.LifoQueue", "asyncio.queues.PriorityQueue", "asyncio.queues.Queue"),
        (" -> [*]",),
    ),
    "builtins.dict.fromkeys": ("1 -> {*}",),
    "builtins.map": ("0() -> [*]", "1[*] -> 0(0)", "2[*] -> 0(1)"),
    "builtins.next": ("0[*] -> ", "1 -> "),
    "builtins.anext": ("0[*] -> .await", "1 -> .await"),
    "random.choice": ("0[*] -> ",),
    "random.choices": _SAME_ITEMS,
    "random.sample": _SAME_ITEMS,
    "copy.copy": ("0 -> ",),
    "copy.deepcopy": ("0 -> ",),
    "typing.cast": ("1 -> ",),
    "dataclasses.replace": ("0 -> ",),
    "types.MappingProxyType": ("0{*} -> {*}",),
    "functools.partial": ("0() -> ()",),
    "functools.reduce": ("1[*] -> ", "2 -> ", "1[*] -> 0(0)", "2 -> 0(0)", "1[*] -> 0(1)"),
    # Functions that change a container
    **_for(("_bisect.insort_left", "_bisect.insort_right", "bisect.insort"), ("1 -> 0[*]",)),
    **_for(("_heapq.heappop", "heapq.heappop"), ("0[*] -> ",)),
    **_for(("_heapq.heappush", "heapq.heappush"), ("1 -> 0[*]",)),
    **_for(
        ("_heapq.heappushpop", "_heapq.heapreplace", "heapq.heappushpop", "heapq.heapreplace"),
        ("0[*] -> ", "1 -> ", "1 -> 0[*]"),
    ),
    # Methods of containers
    **_for(
        (
            "builtins.dict.copy",
            "builtins.list.copy",
            "builtins.set.copy",
            "builtins.set.union",
            "builtins.set.difference",
            "builtins.set.intersection",
            "builtins.set.symmetric_difference",
            "collections.deque.copy",
        ),
        ("self -> ",),
    ),
    "builtins.list.append": ("0 -> self[*]",),
    "builtins.list.extend": ("0[*] -> self[*]",),
    "builtins.list.insert": ("1 -> self[*]",),
    "builtins.list.sort": ("self[*] -> key=(0)",),
    "builtins.list.pop": ("self[*] -> ",),
    "builtins.set.add": ("0 -> self[*]",),
    "builtins.set.pop": ("self[*] -> ",),
    "builtins.set.update": ("*[*] -> self[*]",),
    "collections.deque.append": ("0 -> self[*]",),
    "collections.deque.appendleft": ("0 -> self[*]",),
    "collections.deque.extend": ("0[*] -> self[*]",),
    "collections.deque.extendleft": ("0[*] -> self[*]",),
    "collections.deque.pop": ("self[*] -> ",),
    "collections.deque.popleft": ("self[*] -> ",),
    "typing.Mapping.get": ("self{*} -> ", "1 -> ", "default= -> "),
    "typing.Mapping.values": ("self{*} -> [*]",),
    "typing.Mapping.items": ("self{*} -> [*][1]", "self[*] -> [*][0]"),
    "typing.Mapping.keys": ("self[*] -> [*]",),
    "typing.MutableMapping.pop": ("self{*} -> ", "1 -> ", "default= -> "),
    "typing.MutableMapping.popitem": ("self{*} -> [1]", "self[*] -> [0]"),
    "typing.MutableMapping.setdefault": (
        "self{*} -> ",
        "1 -> ",
        "default= -> ",
        "1 -> self{*}",
    ),
    "typing.MutableMapping.update": ("0{*} -> self{*}", "0[*][1] -> self{*}"),
    # asyncio
    **_for(
        (
            "asyncio.events.AbstractEventLoop.create_task",
            "asyncio.taskgroups.TaskGroup.create_task",
            "asyncio.tasks.create_task",
            "asyncio.tasks.ensure_future",
            "asyncio.tasks.shield",
            "asyncio.tasks.wait_for",
        ),
        ("0.await -> .await",),
    ),
    "asyncio.tasks.gather": ("*.await -> .await[n]",),
    "asyncio.tasks.as_completed": ("0[*].await -> [*].await",),
    "asyncio.tasks.wait": ("0[*].await -> .await[*][*].await",),
    "asyncio.runners.run": ("0.await -> ",),
    "asyncio.runners.Runner.run": ("0.await -> ",),
    "asyncio.events.AbstractEventLoop.run_until_complete": ("0.await -> ",),
    "_asyncio.Future.result": ("self.await -> ",),
    "asyncio.queues.Queue.put": ("0 -> self[*]",),
    "asyncio.queues.Queue.put_nowait": ("0 -> self[*]",),
    "asyncio.queues.Queue.get": ("self[*] -> .await",),
    "asyncio.queues.Queue.get_nowait": ("self[*] -> ",),
    # Bridges
    "asgiref.sync.sync_to_async": ("0() -> ().await",),
    "asgiref.sync.async_to_sync": ("0().await -> ()",),
    "channels.db.database_sync_to_async": ("0() -> ().await",),
}

#: What its class's own methods are called for, by the name under which typeshed declares it.
_ALSO: Final = {
    "builtins.dict.get": "typing.Mapping.get",
    "builtins.dict.items": "typing.Mapping.items",
    "builtins.dict.keys": "typing.Mapping.keys",
    "builtins.dict.pop": "typing.MutableMapping.pop",
    "builtins.dict.popitem": "typing.MutableMapping.popitem",
    "builtins.dict.setdefault": "typing.MutableMapping.setdefault",
    "builtins.dict.update": "typing.MutableMapping.update",
    "builtins.dict.values": "typing.Mapping.values",
    "collections.OrderedDict.items": "typing.Mapping.items",
    "collections.OrderedDict.keys": "typing.Mapping.keys",
    "collections.OrderedDict.pop": "typing.MutableMapping.pop",
    "collections.OrderedDict.setdefault": "typing.MutableMapping.setdefault",
    "collections.OrderedDict.values": "typing.Mapping.values",
    "_asyncio.Task.result": "_asyncio.Future.result",
    "asyncio.futures.Future.result": "_asyncio.Future.result",
    "asyncio.tasks.Task.result": "_asyncio.Future.result",
}


def _steps(text: str) -> tuple[str, ...]:
    """The steps of one side of a row, as they are written."""
    steps: list[str] = []
    while text:
        end = (
            6
            if text.startswith(".await")
            else text.index({"[": "]", "{": "}", "(": ")"}[text[0]]) + 1
        )
        steps.append(text[:end])
        text = text[end:]
    return tuple(steps)


def _transfer(row: str) -> Transfer:
    left, _, right = row.partition("->")
    left, right = left.strip(), right.strip()
    start = min((at for mark in "[{(." if (at := left.find(mark)) >= 0), default=len(left))
    to, _, place = right.removesuffix(")").partition("(")
    if place.isdigit():
        return Transfer(left[:start], _steps(left[start:]), handed_to=to, place=int(place))
    stored_in = next((root for root in ("self", "0") if right.startswith(root)), "")
    return Transfer(
        left[:start], _steps(left[start:]), _steps(right.removeprefix(stored_in)), stored_in
    )


_TABLE: Final[Mapping[str, tuple[Transfer, ...]]] = {
    **{name: tuple(map(_transfer, rows)) for name, rows in _ROWS.items()},
    **{name: tuple(map(_transfer, _ROWS[same])) for name, same in _ALSO.items()},
}

#: The names of functions that store an argument in their receiver, or in another argument.
STORING: Final = frozenset(
    name.rpartition(".")[2] for name, rows in _TABLE.items() if any(row.stored_in for row in rows)
)

_BY_METHOD: Final[Mapping[str, tuple[Transfer, ...]]] = {
    name.rpartition(".")[2]: rows
    for name, rows in _TABLE.items()
    if name.startswith(("builtins.list.", "builtins.set.", "collections.deque.", "typing."))
    and not name.endswith((".copy", ".get", ".union", ".values"))
}


def transfers_of_method(name: str) -> tuple[Transfer, ...]:
    """What a method of a container of this name does, where the container's class is unknown."""
    return _BY_METHOD.get(name, ())


def transfers(function: str, *, of_several: bool = False) -> tuple[Transfer, ...]:
    """What is known of how a function, by its full name, moves values; empty for others.

    Some do another thing with several positional arguments.
    """
    found = _TABLE.get(f"{function}+", ()) if of_several else ()
    return found or _TABLE.get(function, ())
