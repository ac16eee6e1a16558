"""What programs are composed of; see ``grammar``."""

from dataclasses import dataclass
from typing import Final


@dataclass(frozen=True, slots=True)
class Template:
    """Lines of a program, and how often they come.

    ``local`` says that what they name is gone after them.
    """

    text: str
    weight: float = 1
    local: bool = False


def _each(text: str, weight: float = 1) -> tuple[Template, ...]:
    """A template for every line, of this weight together."""
    lines = text.strip().splitlines()
    return tuple(Template(line.replace("\\n", "\n"), weight / len(lines)) for line in lines)


IMPORTS: Final = """\
import asyncio
import copy
import pickle
from collections.abc import Iterator
from contextlib import contextmanager

from asgiref.sync import sync_to_async
from django.contrib.auth.models import User
from django.contrib.contenttypes.models import ContentType
from django.db.models import Count, Prefetch, QuerySet, aprefetch_related_objects, prefetch_related_objects
from django.http import HttpRequest
from django.shortcuts import aget_list_or_404, aget_object_or_404, get_list_or_404, get_object_or_404
from shelves import contextmanager_for
from shop.models import Author, Book, Comment, Novel, Profile, Publisher, Review, Tag

"""

#: What finds or makes instances, lists of them and querysets, harmlessly.
ROWS: Final = (
    *_each(
        """
{new_query} = {query}
{new_query} = {query}
{new_query} = {query}.all()
{new_query} = {root}.filter(pk__lt=9)
""",
        3,
    ),
    *_each(
        r"""
{new_row} = await {root}.aget(pk=1)
{new_row} = await {root}.aget(pk=1)
{new_row} = await {root}.aearliest("pk")
{new_row} = await {root}.alatest("pk")
{new_row} = await {manager}.afirst()\nassert {new_row} is not None
{new_row} = await {root}.alast()\nassert {new_row} is not None
{new_row} = await aget_object_or_404({root}, pk=1)
{new_row} = await aget_object_or_404({model}, pk=1)
{new_row} = await sync_to_async({root}.get)(pk=1)
{new_row} = await asyncio.to_thread({root}.get, pk=1)
{new_row} = await sync_to_async({manager}.first)()\nassert {new_row} is not None
{new_row}, {x} = await {root}.aget_or_create(pk=1)
{new_row}, _ = await {root}.aupdate_or_create(pk=1)
{new_row} = await anext(aiter({query}))
{new_row} = (await {root}.ain_bulk())[1]
""",
        5,
    ),
    *_each(
        r"""
{new_row} = await {model}.objects.acreate({made})
{new_row} = {model}(pk=1, {made})
{new_row} = {model}({made})\nawait {new_row}.asave()
""",
        1,
    ),
    *_each(
        r"""
{new_list} = [item async for item in {query}]
{new_list} = [item async for item in {query}]
{new_list} = await sync_to_async(list)({query})
{new_list} = await asyncio.to_thread(list, {query})
{new_list} = await aget_list_or_404({root})
""",
        2,
    ),
    *_each(
        r"""
{new_row} = {list}[0]
""",
        0.7,
    ),
)

_LAZY_USES: Final = """
{x} = list({rows})
{x} = tuple({rows})
{x} = set({rows})
{x} = sorted({query}, key=lambda item: item.pk)
{x} = sum(1 for _ in {rows})
{x} = any({rows})
{x} = all({rows})
{x} = len({query})
{x} = len({query}.values('pk'))
{x} = bool({query})
{x} = max({query}, key=lambda item: item.pk)
{x} = list(enumerate({rows}))
{x} = dict(enumerate({rows}))
{x} = list(zip({rows}, {rows}))
{x} = iter({query})
{x} = next(iter({query}))
{x} = list(reversed({query}))
{x} = list(map(str, {rows}))
{x} = list(filter(None, {rows}))
{x} = map(str, {query})
{x} = [item for item in {rows}]
{x} = [item.pk for item in {query}]
{x} = [item.pk for item in {query} if item]
{x} = {{item.pk: item for item in {query}}}
{x} = {{item for item in {query}}}
{x} = [item.pk for number in range(2) for item in {query}]
{x} = (item for item in {query})
{x} = 1 if {query} else 2
{x} = not {query}
{x} = {query} and 1
{x} = {query} or 1
{x} = {query} is None
{x} = {query} == 1
{x} = {query}[0]
{x} = {query}[:2]
{x} = {query}[:4:2]
{x} = {query}[:2][0]
{x} = list({query}[:2])
{x} = len({query}[:2])
{x} = f"{{{query}}}"
{x} = f"{{{query}!r}} and more"
{x} = "%s" % {query}
{x} = "%s %s" % (1, {query})
{x} = "{{}}".format({query})
{x} = "{{rows}}".format(rows={query})
{x} = str({query})
{x} = repr({query})
{x} = str({query}.query)
{x} = [*{rows}]
{x} = (1, *{rows})
{x} = {{*{rows}}}
{x} = max(*{query}.values_list('pk', flat=True), 1)
{x}, *{x_} = {query}
[{x}, *{x_}] = {rows}
{x} = copy.copy({query})
{x} = copy.deepcopy({query})
{x} = pickle.dumps({query})
{x} = {query} | {query}
{x} = {query} & {query}
{x} = ", ".join(str(item) for item in {query})
{x} = ", ".join({query}.values_list('pk', flat=True))
{x}: list[object] = []\\n{x}.extend({rows})
{x}: list[object] = []\\n{x} += {rows}
{x}: set[object] = set()\\n{x}.update({rows})
{x} = (lambda: len({query}))()
{x} = {row} in {query}
{x} = {row} not in {query}
"""

_CALLS: Final = """
{x} = {manager}.count()
{x} = {manager}.exists()
{x} = {manager}.first()
{x} = {manager}.last()
{x} = {root}.get(pk=1)
{x} = {root}.in_bulk()
{x} = {root}.earliest("pk")
{x} = {root}.latest("pk")
{x} = {root}.update({column}="1")
{x} = {root}.delete()
{x} = {root}.explain()
{x} = {root}.contains({row})
{x} = {query}.contains({row})
{x} = {manager}.aggregate(n=Count('pk'))
{x} = {model}.objects.get_or_create(pk=1)
{x} = {model}.objects.create({made})
{x} = {model}.objects.bulk_create([{model}({made})])
{x} = get_object_or_404({root}, pk=1)
{x} = get_object_or_404({model}, pk=1)
{x} = get_list_or_404({root})
{x} = {query}.iterator()
{x} = next({query}.iterator())
{x} = await {manager}.acount()
{x} = await {manager}.aexists()
{x} = await {root}.aaggregate(n=Count('pk'))
{x} = await {query}.acontains({row})
{x} = {manager}.acount()
{x} = {manager}.afirst()
{x} = {query}.aiterator()
{x} = {manager}.count
{x} = {query}.filter(pk__gt=1)
{x} = {query}.last()
{x} = {query}.values()
{x} = {query}.first() or 1
{x} = Book.shelf.newest()
{x} = Book.objects.published().newest()
{x} = Review.objects.longest()
{x} = await sync_to_async({manager}.count)()
{x} = await sync_to_async(lambda: len({query}))()
{x} = await sync_to_async(lambda: {manager}.count())()
{x} = await asyncio.to_thread({manager}.count)
{x} = await asyncio.to_thread(lambda: list({query}))
{x} = await sync_to_async(len)({query})
{x} = await sync_to_async(sorted)({query}, key=lambda item: item.pk)
{x} = await sync_to_async(lambda rows: list(rows))({query})
{x} = await asyncio.get_running_loop().run_in_executor(None, {manager}.count)
{x} = sync_to_async(lambda: list({query}))
{x} = lambda: list({query})
await asyncio.gather({manager}.acount(), {manager}.aexists())
"""

_INSTANCES: Final = r"""
{new_other} = {row}.{one}
{new_other} = {row}.{one}
{new_other} = {row}.{one}
{x} = {row}.{one}.{other}
{x} = {row}.{one}.{other}
{x} = {row}.{one}.{other}
{x} = {row}.{one}.pk
{x} = {row}.{key}
{x} = {row}.{column}
{x} = {row}.{column}
{x} = {row}.pk
{x} = str({row}.{one})
{x} = f"{{{row}.{one}}}"
{x} = {row}.{one} is None
{x} = 1 if {row}.{one} else 2
{x} = hasattr({row}, "{one}")
{x} = getattr({row}, "{one}")
{x} = getattr({row}, "{one}", None)
{x} = getattr({row}, "pk")
{x} = [{row}.{one} for _ in range(2)]
{x} = await sync_to_async(lambda: {row}.{one})()
{x} = lambda: {row}.{one}
{x} = [item.{one} for item in {list}]
{x} = [item.{one}.{other} for item in {list}]
{x} = {{item.pk: item.{one} for item in {list}}}
{x} = [item.{key} for item in {list}]
{x} = [item.{column} for item in {list}]
{x} = [item.{one} async for item in {query}]
{x} = [item.{one}.{other} async for item in {query}]
{x} = [item.{key} async for item in {query}]
{x} = [item.{column} async for item in {query}]
{x} = [item async for item in {query} if item.{one}]
{x} = sorted({list}, key=lambda item: item.pk)
{x} = max({list}, key=lambda item: item.{column})
{x} = ({list}[0]).{one}
{x} = {row}.{many}
{x} = {row}.{many}.count()
{x} = {row}.{many}.exists()
{x} = {row}.{many}.first()
{x} = {row}.{many}.all().first()
{x} = {row}.{many}.all().count()
{x} = {row}.{many}.filter(pk__gt=0).count()
{x} = len({row}.{many}.all())
{x} = list({row}.{many}.all())
{x} = list({row}.{many}.filter(pk__gt=0))
{x} = [item.pk for item in {row}.{many}.all()]
{x} = {row}.{many}.all()[0]
{x} = 1 if {row}.{many}.all() else 2
{x} = [other async for other in {row}.{many}.all()]
{x} = [len(item.{many}.all()) for item in {list}]
{x} = [other for item in {list} for other in item.{many}.all()]
{x} = [len(item.{many}.all()) async for item in {query}]
{x} = await {row}.{many}.acount()
{x} = {row}.{one}.{other} if {row}.{one} else 1
{x} = {row}.{own}
{x} = {row}.{own}
{row}.save()
{row}.delete()
{row}.refresh_from_db()
{row}.full_clean()
{row}.save_base()
{row}.{many}.create()
{row}.{many}.get_or_create(pk=1)
await {row}.asave()
await {row}.arefresh_from_db()
await {row}.arefresh_from_db(fields=["{column}"])
await aprefetch_related_objects([{row}], "{one}")
await aprefetch_related_objects([{row}], "{many}")
await aprefetch_related_objects({list}, "{one}")
prefetch_related_objects([{row}], "{one}")
{row}.{one} = await {model}.objects.aget(pk=1)
{row}.{column} = "1"
{x} = str({row})
{x} = repr({row})
{x} = {row} == {row}
{x} = hash({row})
{x} = {row}.serializable_value("pk")
{x} = copy.copy({row})
"""

_REQUESTS: Final = r"""
{x} = request.user.username
{x} = request.user.is_authenticated
{x} = request.user.pk
{x} = bool(request.user)
{x} = isinstance(request.user, User)
{x} = request.user
{x} = request.user is None
{x} = await request.auser()
{x} = (await request.auser()).is_authenticated
{x} = request.session
{x} = request.session.get("key")
{x} = request.session["_auth_user_id"]
{x} = await request.session.aget("key")
request.session["key"] = 1
{x} = request.session.keys()
{x} = f"{{request.user}}"
"""

_HELPED: Final = r"""
{x} = {helper}()
{x} = {helper}() or 1
{x} = [{helper}() for _ in range(2)]
{x} = {helper}
{x} = await sync_to_async({helper})()
{x} = await asyncio.to_thread({helper})
{x} = await sync_to_async(lambda: {helper}())()
{x} = (lambda: {helper}())()
{x} = list(map(lambda item: {helper}(), [1]))
{x} = {taker}({row})
{x} = await sync_to_async({taker})({row})
{x} = [{taker}(item) for item in {list}]
{x} = len({class}())
{x} = bool({class}())
{x} = {class}().total
{x} = {class}().quiet
{x} = {class}().count()
{x} = {class}()
{x} = await sync_to_async({class}().count)()
{x} = [{class}().total for _ in range(2)]
"""

_NESTED: Final = r"""
def inner_{x}() -> int:\n    return len({query})\n{x_} = inner_{x}()
def inner_{x}() -> int:\n    return len({query})\n{x_} = await sync_to_async(inner_{x})()
def inner_{x}() -> int:\n    return {manager}.count()\n{x_} = await asyncio.to_thread(inner_{x})
def inner_{x}() -> object:\n    return {row}.{one}\n{x_} = inner_{x}()
def inner_{x}() -> object:\n    return {row}.{one}\n{x_} = await sync_to_async(inner_{x})()
def inner_{x}() -> int:\n    return {manager}.count()\n{x_} = inner_{x}
async def inner_{x}() -> int:\n    return await {manager}.acount()\n{x_} = await inner_{x}()
"""

STATEMENTS: Final = (
    *_each(_LAZY_USES, 4),
    *_each(_CALLS, 3),
    *_each(_INSTANCES, 6),
    *_each(_REQUESTS, 0.4),
    *_each(_HELPED, 1.2),
    *_each(_NESTED, 0.6),
)

#: Statements with blocks of further statements, which ``...`` stands for.
BLOCKS: Final = (
    *(
        Template(text, weight, local=True)
        for text, weight in (
            ("async for {new_row} in {query}:\n    ...", 4),
            ("for {new_row} in {query}:\n    ...", 2),
            ("for {new_row} in {list}:\n    ...", 4),
            ("async for {x} in {query}:\n    pass", 4),
            ("for {x} in {rows}:\n    pass", 1),
            ("if {query}:\n    ...", 1),
            ("if not {query}:\n    ...", 0.5),
            ("if {query} and flag:\n    pass", 0.5),
            ("if {row}.{one}:\n    ...", 1),
            ("if flag:\n    ...", 1.5),
            ("if flag:\n    ...\nelse:\n    ...", 1.5),
            ("if {query}.exists():\n    pass\nelif flag:\n    ...", 0.5),
            ("for _ in range(2):\n    ...", 1),
            ("while {query}:\n    break", 0.5),
            ("try:\n    ...\nfinally:\n    ...", 0.5),
            ("try:\n    ...\nexcept ValueError:\n    pass", 0.3),
            ("if ({x} := {query}):\n    pass", 0.3),
            ("if await {manager}.aexists():\n    ...", 0.5),
            ("with contextmanager_for(flag):\n    ...", 0.5),
            ("match flag:\n    case True:\n        ...\n    case _:\n        ...", 0.3),
        )
    ),
)

_CLASS: Final = """\
class {new_class}:
    quiet = 1
    def __len__(self) -> int:
        return len({root})
    @property
    def total(self) -> int:
        return {root}.count()
    def count(self) -> int:
        return self.total
"""

#: Functions and classes beside the coroutine.
HELPERS: Final = (
    Template("def {new_helper}() -> int:\n    return {root}.count()"),
    Template("def {new_helper}() -> int:\n    return len({root})"),
    Template("def {new_helper}() -> QuerySet[{model}]:\n    return {root}", 2),
    Template("def {new_helper}() -> object:\n    return {root}.first()"),
    Template("def {new_helper}() -> int:\n    return 1"),
    Template(
        "def {new_helper}() -> object:\n    for item in {root}:\n        return item\n    return None"
    ),
    Template("def {new_helper}() -> object:\n    return [item.pk for item in {root}]"),
    Template("def {new_helper}() -> object:\n    return {helper}()", 2),
    Template("def {new_taker}(given: {model}) -> object:\n    return given.{one}"),
    Template("def {new_taker}(given: {model}) -> object:\n    return given.{column}"),
    Template("def {new_taker}(given: {model}) -> object:\n    return given.{many}.count()"),
    Template(_CLASS, 3),
    Template("def {new_helper}() -> object:\n    return {helper}"),
    Template("def {new_helper}() -> object:\n    return lambda: {root}.count()"),
    Template("def {new_helper}() -> object:\n    return (item for item in [1])"),
    Template(
        "def {new_helper}() -> object:\n    if {root}.exists():\n        return 1\n    return 2"
    ),
)
