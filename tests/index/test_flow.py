"""Control flow and local names: each case is code that says itself what is true of it.

In `REACHING`, `# x <- 1, 3` says which lines' bindings the reads of x on that line may see, exactly.
In `PATHS`, `# a -> b` says that control may flow from the call of a to the call of b, `# a -/> b`
that it may not; `avoiding c` rules out paths through the call of c. The first line is 1.
"""

import contextlib
import itertools
import random
import re
import textwrap
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from mypy import build, nodes
from mypy.errors import Errors
from mypy.modulefinder import BuildSource
from mypy.nodes import Node
from mypy.options import Options
from mypy.parse import parse

from mypy_async_django.bridge.tree import children, walk
from mypy_async_django.index.syntax.bindings import STAR, Binding, BindingKind
from mypy_async_django.index.syntax.reaching_definitions import Flow

REACHING = {
    "an argument reaches": """
        def f(x):
            use(x)  # x <- 1
        """,
    "an assignment replaces": """
        def f(x):
            x = 1
            use(x)  # x <- 2
        """,
    "a target is bound after its value": """
        def f(x):
            x = use(x)  # x <- 1
            use(x)  # x <- 2
        """,
    "an augmented target is read, then written": """
        def f(x):
            x += 1  # x <- 1
            use(x)  # x <- 2
        """,
    "the value of an augmented assignment is evaluated before it is written": """
        def f(x):
            x += (x := 2)  # x <- 1
            use(x)  # x <- 2
        """,
    "targets of a chained assignment are bound together": """
        def f():
            x = y = 1
            use(x, y)  # x <- 2; y <- 2
        """,
    "names swapped by tuples are read first": """
        def f(x, y):
            x, (y, *z) = (y, x)  # x <- 1; y <- 1
            use(x, y, z)  # x <- 2; y <- 2; z <- 2
        """,
    "an annotation alone binds nothing but makes a name local": """
        x = 0
        def f(c):
            x: int
            use(x)  # x <-
            if c:
                x = 1
            use(x)  # x <- 6
        """,
    "a global is not local": """
        x = 0
        def f():
            use(x)  # x <-
        """,
    "a name declared global is not local": """
        x = 0
        def f():
            global x
            x = 1
            use(x)  # x <-
        """,
    "a name is local above its first assignment, too": """
        x = 0
        def f(cs):
            for c in cs:
                use(x)  # x <- 5
                x = c
        """,
    "if without else keeps the earlier binding": """
        def f(x, c):
            if c:
                x = 2
            use(x)  # x <- 1, 3
        """,
    "if with else replaces it": """
        def f(x, c):
            if c:
                x = 1
            elif use(x):  # x <- 1
                x = 2
            else:
                x = 3
            use(x)  # x <- 3, 5, 7
        """,
    "a branch that returns or raises does not go on": """
        def f(x, c):
            if c:
                x = 1
                return
            elif c:
                x = 2
                raise ValueError
            use(x)  # x <- 1
            return
            x = 3
            use(x)  # x <-
        """,
    "while goes round, and its else runs without break": """
        def f(x, c):
            while use(x):  # x <- 1, 3, 9
                x = 2
                if c:
                    continue
                if c:
                    x = 3
                    break
                x = 4
            else:
                use(x)  # x <- 1, 3, 9
                x = 5
            use(x)  # x <- 7, 12
        """,
    "while True ends by break only": """
        def f(x, c):
            while True:
                if c:
                    x = 2
                    break
                x = 3
            use(x)  # x <- 4
        """,
    "while 1 is like while True": """
        def f(x, c):
            while 1:
                x = 2
            use(x)  # x <-
        """,
    "for may not run, binds each time, and its else runs without break": """
        def f(x, xs):
            for x in use(x, xs):  # x <- 1
                use(x)  # x <- 2
                if xs:
                    break
                x = 5
            else:
                use(x)  # x <- 1, 6
                x = 6
            use(x)  # x <- 2, 9
        """,
    "break and continue belong to the innermost loop": """
        def f(x, xs):
            for a in xs:
                for b in xs:
                    if a:
                        x = 1
                        break
                    x = 2
                    continue
                use(x)  # x <- 1, 5, 7
            use(x)  # x <- 1, 5, 7
        """,
    "any step in a try may raise, before it binds": """
        def f(x):
            try:
                x = use(1)
                x = use(2)
                use(3)
            except ValueError:
                use(x)  # x <- 1, 3, 4
            use(x)  # x <- 1, 3, 4
        """,
    "an import that fails binds nothing": """
        def f(json):
            try:
                import json
            except ImportError:
                use(json)  # json <- 1
            use(json)  # json <- 1, 3
        """,
    "an unpacking that fails binds nothing": """
        def f(x, y):
            try:
                x, y = use()
            except ValueError:
                use(x, y)  # x <- 1; y <- 1
        """,
    "the else of a try runs when nothing was raised, and is not guarded": """
        def f(x):
            try:
                x = use(1)
            except ValueError:
                x = 2
            except TypeError:
                use(x)  # x <- 1
                raise
            else:
                use(x)  # x <- 3
                x = use(3)
            use(x)  # x <- 5, 11
        """,
    "clauses are tried in order": """
        def f(x):
            try:
                use(1)
            except (x := ValueError):
                use(x)  # x <- 4
            except TypeError:
                use(x)  # x <- 4
            use(x)  # x <- 1, 4
        """,
    "several clauses of an except* may run": """
        def f(x):
            try:
                use(1)
            except* ValueError:
                x = 1
            except* TypeError:
                use(x)  # x <- 1, 5
        """,
    "what no clause catches goes to the try around": """
        def f(x):
            try:
                try:
                    x = use(1)
                    use(2)
                except ValueError:
                    x = 2
                    use(4)
                    x = 3
            except TypeError:
                use(x)  # x <- 1, 4, 7
        """,
    "the name of an except clause is deleted on all ways out": """
        def f(e, xs):
            for x in xs:
                try:
                    use(x)
                except ValueError as e:
                    use(e)  # e <- 5
                    if x:
                        continue
                use(e)  # e <- 1, 6
        """,
    "finally runs after all ends": """
        def f(x):
            try:
                x = use(1)
            except ValueError:
                x = use(2)
            finally:
                use(x)  # x <- 1, 3, 5
                y = x
            use(x, y)  # x <- 3, 5; y <- 8
        """,
    "finally runs on return, and what follows it does not": """
        def f(x):
            try:
                x = 1
                return
            finally:
                use(x)  # x <- 1, 3
            use(x)  # x <-
        """,
    "finally runs on break and continue and goes on where they go": """
        def f(x, c):
            while c:
                try:
                    if c:
                        x = 1
                        break
                    if c:
                        x = 2
                        continue
                    x = 3
                finally:
                    y = 0
                use(x, y)  # x <- 10; y <- 12
            else:
                use(x)  # x <- 1, 8, 10
            use(x)  # x <- 1, 5, 8, 10
        """,
    "finally that returns swallows": """
        def f(x, c):
            while c:
                try:
                    x = 1
                    use(1)
                finally:
                    break
                x = 2
            use(x)  # x <- 1, 4
        """,
    "with goes through its body": """
        def f(x, y):
            with use(x) as x, use(x) as (y, z):  # x <- 1, 2
                use(x, y, z)  # x <- 2; y <- 2; z <- 2
                x = 1
            use(x)  # x <- 4
        """,
    "two with statements bind one name, which mypy renames": """
        def f():
            with open("a") as x:
                use(x)  # x <- 2
            with open("b") as x:
                use(x)  # x <- 4
        """,
    "suppress may swallow": """
        def f(x):
            from contextlib import suppress
            with suppress(ValueError):
                x = use(1)
            use(x)  # x <- 1, 4
        """,
    "suppress may let through": """
        def f(x):
            from contextlib import suppress
            try:
                with open("a"), suppress(ValueError) as y:
                    x = use(1)
                    use(2)
            except TypeError:
                use(x)  # x <- 1, 5
        """,
    "finally inside finally": """
        def f(x):
            try:
                use(1)
            finally:
                try:
                    x = 1
                    if use(2):
                        return
                    x = 2
                finally:
                    use(x)  # x <- 1, 6, 9
                use(x)  # x <- 9
        """,
    "finally deeper inside others is built once, for all ways out together": """
        def f(x):
            try:
                use(1)
            finally:
                try:
                    use(2)
                finally:
                    try:
                        x = 1
                        if use(3):
                            return
                        x = 2
                    finally:
                        use(x)  # x <- 1, 9, 12
                    use(x)  # x <- 1, 9, 12
            use(x)  # x <- 1, 9, 12
        """,
    "what a finally binds is bound where its exception is caught": """
        def f(x):
            try:
                try:
                    use(1)
                finally:
                    import x
            except ValueError:
                use(x)  # x <- 1, 6
        """,
    "match goes to one case, or none": """
        def f(x, y):
            match use(x):  # x <- 1
                case 1:
                    x = 1
                case [x, *y] if use(x):  # x <- 5
                    use(x, y)  # x <- 5; y <- 5
                case {"a": y, **z}:
                    use(y, z)  # y <- 7; z <- 7
                case int(real=y) | (str() as y):
                    use(y)  # y <- 9
                    return
                case None:
                    x = 2
            use(x)  # x <- 1, 4, 5, 13
        """,
    "match with a case for all goes to one": """
        def f(x):
            match use():
                case 1:
                    x = 1
                case y:
                    x = y  # y <- 5
            use(x)  # x <- 4, 6
        """,
    "a guard that fails tries the next case": """
        def f(x):
            match use():
                case _ if (x := use()):
                    return
                case _:
                    use(x)  # x <- 3
        """,
    "assert goes on when it holds": """
        def f(x, y):
            assert (x := use()), (y := use(x))  # x <- 2
            use(x, y)  # x <- 2; y <- 1
        """,
    "and, or and the conditional expression may skip": """
        def f(x, y, z):
            use(1) and (x := 1)
            use(1) or (y := 1)
            (z := 1) if use(z) else use(z)  # z <- 1
            use(x, y, z)  # x <- 1, 2; y <- 1, 3; z <- 1, 4
        """,
    "a chained comparison may stop after two": """
        def f(x, y):
            use() < (x := 1) < (y := x)  # x <- 2
            use(x, y)  # x <- 2; y <- 1, 2
        """,
    "a comprehension has its own variable, its first iterable has not": """
        def f(x, c):
            y = [use(x) for x in (1, 2) if c]
            use(x)  # x <- 1
            z = {
                x: 1
                for x in use(x)  # x <- 1
            }
        """,
    "in a comprehension its own variable is seen": """
        def f(x, xs):
            y = [
                use(x)  # x <- 4
                for x in xs
                if use(x)  # x <- 4
                for z in x  # x <- 4
            ]
        """,
    "a walrus in a comprehension binds outside of it, if at all": """
        def f(x, xs):
            y = [(x := y) for y in xs]
            z = any((w := y) for y in xs if use(y))  # y <- 3
            use(x, w, y)  # x <- 1, 2; w <- 3; y <- 2
        """,
    "a deleted name is gone": """
        def f(x, y, c):
            if c:
                del x, y.a  # y <- 1
            use(x, y)  # x <- 1, 3; y <- 1
        """,
    "imports bind the first part of a name, or the alias": """
        def f():
            import os.path, json as j
            from re import sub, compile as c
            use(os, j, sub, c)  # os <- 2; j <- 2; sub <- 3; c <- 3
        """,
    "a nested def binds its name after its decorators and defaults": """
        def f(x, y):
            @use(x)  # x <- 1
            def x(a=use(y)): ...  # y <- 1
            def y(): ...
            use(x, y)  # x <- 2; y <- 4
        """,
    "a nested class runs in place, in a scope of its own": """
        def f(x, y):
            class C(use(x)):  # x <- 1
                a = use(x, y)  # x <-; y <- 1
                x = 2
                b = use(x)  # x <- 4
                def g(self):
                    use(x)  # x <- 1
                y.a = 3  # y <- 1
            use(x, C)  # x <- 1; C <- 2
        """,
    "a nested function may see any binding": """
        def f(x):
            def g(a):
                use(x, a)  # x <- 1, 4; a <-
            x = 1
            use(lambda: x)  # x <- 1, 4
            use(lambda x: x)  # x <-
        """,
    "nonlocal is seen through": """
        def f(x):
            def g():
                nonlocal x
                x = 2
                use(x)  # x <- 1
            use(x)  # x <- 1
        """,
    "code for type checking only replaces code that mypy skips": """
        import typing
        def f(x):
            if typing.TYPE_CHECKING:
                x = 1
            else:
                x = 2
                use(x)  # x <-
            use(x)  # x <- 4
        """,
    "a generic function and a type alias": """
        def f[T](x: T):
            type A = int
            use(x, A)  # x <- 1; A <- 2
        """,
}

PATHS = {
    "arguments come before their call, an operand before its await": """
        async def f():
            a(b(), await c())
        # b -> c
        # b -> a
        # c -> a
        # a -/> b
        # a -/> a
        # f -> b
        """,
    "an assignment evaluates its value before its targets": """
        def f():
            a().x, b()[0] = c()
        # c -> a
        # a -> b
        # b -/> c
        """,
    "branches exclude each other": """
        def f(c):
            if a():
                b()
            else:
                c()
            d()
        # b -/> c
        # c -/> b
        # a -> d
        # b -> d
        # a -> d avoiding b
        # a -> d avoiding c
        """,
    "a loop comes back": """
        def f(xs):
            for x in a():
                b()
                c()
            d()
        # b -> b
        # c -> b
        # b -> b avoiding a
        # b -/> b avoiding c
        # a -/> a
        # a -> d avoiding b
        # d -/> b
        """,
    "a return in between": """
        def f(c):
            a()
            if c:
                b()
                return
            d()
        # a -> d
        # b -/> d
        """,
    "a loop forever": """
        def f():
            a()
            while True:
                b()
            c()
        # a -> b
        # b -/> c
        # f -/> c
        """,
    "an exception goes to the handler and through finally": """
        def f():
            try:
                a()
                b()
            except KeyError:
                c()
            finally:
                d()
            e()
        # a -> c avoiding b
        # b -> c
        # c -> d
        # a -> e
        # a -/> e avoiding d
        # c -/> b
        """,
    "after a finally that something leaves through": """
        def f():
            try:
                a()
                return b()
            finally:
                c()
            d()
        # a -> c
        # b -> c
        # c -/> d
        """,
    "a comprehension is a loop, its first iterable is outside": """
        async def f():
            x = [b() async for x in a() if c() for y in d()]
            e()
        # a -> c
        # c -> d
        # d -> b
        # b -> b
        # b -> c
        # a -/> a
        # a -> e avoiding c
        # d -> d
        # c -> c avoiding d
        # c -> e avoiding b
        """,
    "the code of nested functions is not there": """
        def f():
            @a()
            def g(x=b()):
                c()
            d(lambda: e())
        # a -> b
        # b -> d
        # a -/> c
        # c -/> d
        # e -/> d
        """,
    "a decorator is evaluated first, a class body in place": """
        def f():
            @a()
            class C(b(), metaclass=c()):
                d()
            e()
        # a -> b
        # b -> c
        # c -> d
        # d -> e
        """,
    "boolean operators": """
        def f():
            a() and b() or c()
            d()
        # a -> c avoiding b
        # b -> d avoiding c
        # a -> d avoiding c
        # c -/> b
        """,
}


class Case:
    """One piece of code: the flow of its function `f`, and where things are in it."""

    def __init__(self, tree: nodes.MypyFile, source: str) -> None:
        """Find `f` and its first line."""
        self.tree = tree
        self.source = source
        self.function = next(
            node for node in walk(tree) if isinstance(node, nodes.FuncDef) and node.name == "f"
        )
        self.flow = Flow(self.function)

    def node(self, name: str) -> Node:
        """The call of ``name``, or the function itself."""
        if name == "f":
            return self.function
        return next(
            node
            for node in walk(self.function)
            if isinstance(node, nodes.CallExpr) and self.is_name(node.callee, name)
        )

    def is_name(self, node: Node, name: str) -> bool:
        """Whether ``node`` is ``name``."""
        return isinstance(node, nodes.NameExpr) and node.name.rstrip("'") == name

    def reads(self, name: str, line: int) -> list[nodes.NameExpr]:
        """The reads of ``name`` on a line of the source."""
        bound = {binding.node for binding in self.flow.bindings()}
        return [
            node
            for node in walk(self.tree)
            if isinstance(node, nodes.NameExpr)
            if self.is_name(node, name) and node.line == line and node not in bound
        ]

    def binding(self, name: str) -> Binding:
        """The first binding of ``name``."""
        return next(binding for binding in self.flow.bindings() if binding.name == name)


def trees(sources: list[str]) -> list[nodes.MypyFile]:
    """The analysed modules, of one run of mypy."""
    options = Options()
    options.preserve_asts = True
    options.incremental = False
    options.cache_dir = "/dev/null"
    options.python_version = (3, 13)
    names = [f"case_{index}" for index in range(len(sources))]
    result = build.build(
        [
            BuildSource(f"{name}.py", name, source)
            for name, source in zip(names, sources, strict=True)
        ],
        options,
    )
    return [result.files[name] for name in names]


@pytest.fixture(scope="module")
def cases() -> dict[str, Case]:
    """All cases of the tables, by their sentences."""
    table = {name: textwrap.dedent(text).lstrip() for name, text in (REACHING | PATHS).items()}
    files = trees(list(table.values()))
    return {
        name: Case(tree, source) for (name, source), tree in zip(table.items(), files, strict=True)
    }


def told(source: str) -> Iterator[tuple[int, str, set[int]]]:
    """The lines, names and expected lines that the comments of ``source`` tell."""
    for line, text in enumerate(source.splitlines(), start=1):
        for name, lines in re.findall(r"(\w+) <-([\d, ]*)", text.partition("#")[2]):
            yield line, name, {int(number) for number in re.findall(r"\d+", lines)}


@pytest.mark.parametrize("sentence", REACHING)
def test_reaching(cases: dict[str, Case], sentence: str) -> None:
    """A read sees the bindings that the case tells, and no others."""
    case = cases[sentence]
    expected = list(told(case.source))
    found = []
    for line, name, _ in expected:
        reads = case.reads(name, line)
        assert reads, f"no read of {name} on line {line}"
        seen = {binding for read in reads for binding in case.flow.reaching(read)}
        assert {binding.name for binding in seen} <= {name}
        found.append((line, name, {binding.node.line for binding in seen}))
    assert expected
    assert found == expected


@pytest.mark.parametrize("sentence", REACHING)
def test_uses_mirror_reaching(cases: dict[str, Case], sentence: str) -> None:
    """A read is a use of exactly the bindings that reach it, and uses come in source order."""
    case = cases[sentence]
    bound = {binding.node for binding in case.flow.bindings()}
    reads = [n for n in walk(case.tree) if isinstance(n, nodes.NameExpr) and n not in bound]
    for binding in case.flow.bindings():
        uses = case.flow.uses(binding)
        assert set(uses) == {read for read in reads if binding in case.flow.reaching(read)}
        assert [use.line for use in uses] == sorted(use.line for use in uses)


@pytest.mark.parametrize("sentence", PATHS)
def test_paths(cases: dict[str, Case], sentence: str) -> None:
    """Control may flow as the case tells."""
    case = cases[sentence]
    expected = re.findall(r"# (\w) (-/?>) (\w)(?: avoiding (\w))?", case.source)
    assert expected
    for start, arrow, end, avoided in expected:
        avoiding = [case.node(avoided)] if avoided else []
        flows = case.flow.reaches(case.node(start), case.node(end), avoiding)
        assert flows == (arrow == "->"), f"{start} {arrow} {end} {avoided}"


def flow_of(source: str) -> Case:
    """The flow of `f` in ``source``, parsed only: mypy has bound no name."""
    return Case(parsed(source), textwrap.dedent(source))


def parsed(source: str) -> nodes.MypyFile:
    """The tree of ``source`` before semantic analysis."""
    options = Options()
    options.python_version = (3, 13)
    return parse(textwrap.dedent(source), "case.py", "case", Errors(options), options, eager=True)


def test_kinds_values_and_paths() -> None:
    """A binding tells its kind, where its value comes from and the position inside that."""
    case = flow_of("""
        async def f(argument):
            assigned = 1
            augmented += 2
            (walrus := 3)
            for looped in 4: pass
            async for alooped in 5: pass
            [0 for inner in 6]
            [0 async for ainner in 7]
            with 8 as entered, 9 as (entered2,): pass
            async with 10 as aentered: pass
            try: pass
            except E as caught: pass
            import imported
            def defined(): ...
            @decorator
            def decorated(): ...
            class Class: ...
            match 11:
                case [captured, {"k": inside}]: pass
            del deleted
            first, [second, *rest, last] = 12
        """)
    found = {
        binding.name: (
            binding.kind.name,
            binding.value.value if isinstance(binding.value, nodes.IntExpr) else binding.value,
            binding.path,
        )
        for binding in reversed(case.flow.bindings())
    }
    assert found == {
        "argument": ("ARGUMENT", None, ()),
        "assigned": ("ASSIGN", 1, ()),
        "augmented": ("AUGMENTED", 2, ()),
        "walrus": ("WALRUS", 3, ()),
        "looped": ("FOR", 4, ()),
        "alooped": ("ASYNC_FOR", 5, ()),
        "inner": ("COMPREHENSION", 6, ()),
        "ainner": ("ASYNC_COMPREHENSION", 7, ()),
        "entered": ("WITH", 8, ()),
        "entered2": ("WITH", 9, (0,)),
        "aentered": ("ASYNC_WITH", 10, ()),
        "caught": ("EXCEPT", None, ()),
        "imported": ("IMPORT", None, ()),
        "defined": ("DEFINITION", None, ()),
        "decorated": ("DEFINITION", None, ()),
        "Class": ("DEFINITION", None, ()),
        "captured": ("PATTERN", 11, (0,)),
        "inside": ("PATTERN", None, ()),
        "deleted": ("DELETE", None, ()),
        "first": ("ASSIGN", 12, (0,)),
        "second": ("ASSIGN", 12, (1, 0)),
        "rest": ("ASSIGN", 12, (1, STAR)),
        "last": ("ASSIGN", 12, (1, -1)),
    }
    assert {kind for kind, _, _ in found.values()} == {kind.name for kind in BindingKind}


def test_every_node_is_a_step_after_what_is_inside() -> None:
    """An expression comes after all expressions inside it, a statement with no block as well."""
    case = flow_of("""
        async def f(x, y):
            x.a[x:y], *x.b = {**x, "a": -y}, [*y, {x}], await x(y, *x, **y), f"{x}{y:{x}}"
            x.c += (y, (yield), x == y, x if y else x, x and y, lambda: 0)
            {x: [z async for z in x if z for _ in z] for w in y}
            assert x
            del x.d, y[0]
            raise x(y) from y
        """)
    for statement in case.function.body.body:
        for node in walk(statement):
            if not isinstance(node, nodes.Block | nodes.ReturnStmt | nodes.IntExpr):
                assert case.flow.is_reachable(node)
                inside = [] if isinstance(node, nodes.LambdaExpr) else children(node)
                assert all(case.flow.reaches(child, node) for child in inside)


def test_the_node_of_a_binding_is_where_it_binds() -> None:
    """Control flows from a binding's node to the reads that see it."""
    case = flow_of("""
        def f(argument):
            argument += 1
            @argument
            def decorated(): ...
            try: decorated()
            except E as caught: print(caught)
            import imported
            imported(argument)
        """)
    for binding in case.flow.bindings():
        for use in case.flow.uses(binding):
            assert case.flow.reaches(binding.node, use)


def test_captured() -> None:
    """A variable is captured when a function, lambda or class inside reads or binds it."""
    case = flow_of("""
        def f(function, lambda_, class_, inner, rebound, free, shadowed, comprehended):
            def g():
                [function for _ in ()]
                def h(): inner
                shadowed = 1
            lambda: lambda_
            class C:
                class_
                def m(self):
                    nonlocal rebound
                    rebound = 1
            [comprehended for comprehended in comprehended]
            free
        """)
    captured = {b.name for b in case.flow.bindings() if case.flow.is_captured(b)}
    assert captured == {"function", "lambda_", "class_", "inner", "rebound"}


def test_uses_in_nested_functions() -> None:
    """The uses of a captured variable are those inside, too, in source order."""
    case = flow_of("""
        def f(x):
            def g():
                return x
            x
            x = 1
            x
            return lambda: x
        """)
    bindings = [b for b in case.flow.bindings() if b.name == "x"]
    lines = [[use.line for use in case.flow.uses(binding)] for binding in bindings]
    assert lines == [[4, 5, 8], [4, 7, 8]]


def test_local() -> None:
    """A name is local when the function binds it and declares it neither global nor nonlocal."""
    case = flow_of("""
        def f(a):
            global b
            b = c
            d: int
            if a:
                return d
                e = 1
            def g():
                h = a
                return e
        """)
    local = {
        (node.name, node.line)
        for node in walk(case.function)
        if isinstance(node, nodes.NameExpr) and case.flow.is_local(node)
    }
    assert local == {("d", 5), ("a", 6), ("d", 7), ("e", 8), ("a", 10), ("e", 11)}


def test_reachable() -> None:
    """What control cannot come to is not reachable; a block is when its first statement is."""
    case = flow_of("""
        def f(x):
            while True:
                a()
                if x:
                    continue
                    b()
                else:
                    raise c()
            else:
                d()
            e()
        """)
    loop = case.function.body.body[0]
    assert isinstance(loop, nodes.WhileStmt)
    assert loop.else_body is not None
    reachable = {name for name in "abcde" if case.flow.is_reachable(case.node(name))}
    assert reachable == {"a", "c"}
    assert case.flow.is_reachable(loop.body)
    assert not case.flow.is_reachable(loop.else_body)


def test_lambda() -> None:
    """A lambda has a flow of its own."""
    tree = parsed("f = lambda x, y: (y := x) + y")
    function = next(node for node in walk(tree) if isinstance(node, nodes.LambdaExpr))
    flow = Flow(function)
    kinds = {
        name.column: {binding.kind.name for binding in flow.reaching(name)}
        for name in walk(function.body)
        if isinstance(name, nodes.NameExpr) and flow.is_reachable(name)
    }
    assert kinds == {18: {"ARGUMENT"}, 23: {"ARGUMENT"}, 28: {"WALRUS"}}


def test_module() -> None:
    """A module's top level has a flow; its functions capture its names, and bind them by global."""
    tree = parsed("""
        import a
        if a:
            b = 1
        def g():
            global b
            b = 2
            return a, b
        """)
    flow = Flow(tree)
    found = {
        (binding.name, binding.node.line): [use.line for use in flow.uses(binding)]
        for binding in flow.bindings()
    }
    assert found == {("a", 2): [3, 8], ("b", 4): [8], ("g", 5): []}
    assert flow.is_captured(next(binding for binding in flow.bindings() if binding.name == "b"))
    assert flow.reaches(tree, tree.defs[-1])


@pytest.mark.parametrize(
    "statement",
    [
        "break",
        "continue",
        "return 1\n    break",
        "nonlocal x; x",
        "global x, f; x = f",
        "class A:\n        return x",
        "while x:\n        class A:\n            break",
        "x += (yield)",
        "(a, b) += 1",
        "f() = 1",
        "for f() in x: pass",
        "def g(x=x, *, y): nonlocal z; return z",
        "from m import *",
        "try: pass\n    except: pass\n    except E: x",
        "match x:\n        case y: pass\n        case z: pass",
        "match x:\n        case y | z: pass",
        "async with x as y.z, a as b[0]: await (yield from c)",
        "[(x := 1) for x in x]",
        "t'{x} {x!r:>{x}}' f'{x:{x}}'",
        "x: int = yield",
        "del x, (y, [z])",
    ],
)
def test_wrong_and_odd_code(statement: str) -> None:
    """Code that Python would refuse, or that is seldom written, is analysed all the same."""
    tree = parsed(f"def f(x):\n    {statement}\n    use(x)")
    functions = [node for node in walk(tree) if isinstance(node, nodes.FuncDef)]
    for flow in (Flow(tree), *map(Flow, functions)):
        for node in walk(tree):
            flow.is_reachable(node)
            flow.reaches(node, node)
            if isinstance(node, nodes.NameExpr):
                flow.reaching(node)
        for binding in flow.bindings():
            flow.uses(binding)


@pytest.mark.parametrize(
    "source",
    [
        "def f(x):\n use(x" + " + x" * 2000 + ")",
        "def f(x):\n use(x" + " and x" * 2000 + ")",
        "def f(x):\n use(x" + ".y()" * 500 + ")",
        "def f(x):\n use(" + "[" * 90 + "x" + "]" * 90 + ")",
    ],
    ids=["sum", "and", "calls", "lists"],
)
def test_long_expressions(source: str) -> None:
    """A long chain of operations does not exhaust the stack."""
    case = flow_of(source)
    assert case.flow.uses(case.binding("x"))


def in_if(inside: nodes.Block) -> nodes.Statement:
    """``inside`` in an `if` with an `else`."""
    return nodes.IfStmt([nodes.NameExpr("x")], [inside], nodes.Block([nodes.PassStmt()]))


def in_loop(inside: nodes.Block) -> nodes.Statement:
    """``inside`` in a `for`."""
    return nodes.ForStmt(nodes.NameExpr("y"), nodes.NameExpr("x"), inside, None)


def in_finally(inside: nodes.Block) -> nodes.Statement:
    """``inside`` in a `finally`."""
    body = nodes.Block([in_if(nodes.Block([nodes.ReturnStmt(None)]))])
    return nodes.TryStmt(body, [], [], [], None, inside)


def in_try(inside: nodes.Block) -> nodes.Statement:
    """``inside`` in a `try` with a handler and a `finally`."""
    after = nodes.Block([nodes.PassStmt()])
    return nodes.TryStmt(inside, [nodes.NameExpr("x")], [nodes.NameExpr("E")], [after], None, after)


def in_with(inside: nodes.Block) -> nodes.Statement:
    """``inside`` in a `with`."""
    return nodes.WithStmt([nodes.NameExpr("x")], [None], inside)


@pytest.mark.parametrize("around", [in_if, in_loop, in_finally, in_try, in_with])
def test_deep_nesting(around: Callable[[nodes.Block], nodes.Statement]) -> None:
    """Blocks nested 500 deep exhaust neither the stack nor patience."""
    use = nodes.NameExpr("x")
    block = nodes.Block([nodes.ExpressionStmt(use)])
    for _ in range(500):
        block = nodes.Block([around(block)])
    variable = nodes.Var("x")
    argument = nodes.Argument(variable, None, None, nodes.ARG_POS)
    flow = Flow(nodes.FuncDef("f", [argument], block))
    assert "ARGUMENT" in {binding.kind.name for binding in flow.reaching(use)}


class Program:
    """A random function whose assignments assign their line, and whose reads tell what they see."""

    def __init__(self, seed: int) -> None:
        """Write the function."""
        self.random = random.Random(seed)
        self.lines = ["def f(x=1, y=1):"]
        self.left = 25
        self.block(1, in_loop=False)
        self.source = "\n".join(self.lines) + "\n"

    def block(self, depth: int, *, in_loop: bool) -> None:
        """Write one to three statements."""
        for _ in range(self.random.randint(1, 3)):
            self.statement(depth, in_loop=in_loop)

    def statement(self, depth: int, *, in_loop: bool) -> None:
        """Write a statement and what is in it."""
        self.left -= 1
        simple = [
            "{x} = read({line}, {y}) or {line}",
            "read({line}, {x})",
            "{x}, {y} = {line}, risk({line})",
            "read({line}, {x}); {x} = {line}",
            "flip() and ({x} := {line}) or risk(0) or ({y} := {line})",
            "read({line}, {x} if flip() else {y})",
            "[({x} := {line}) for {y} in two() if flip()]",
            "if flip(): return",
            "if flip(): raise E",
            *(["if flip(): break", "if flip(): continue"] if in_loop else []),
        ]
        compound = [
            ["if flip():"],
            ["if flip() and ({x} := {line}):", "elif flip():", "else:"],
            ["while flip():", "else:"],
            ["while True:"],
            ["for {x} in [{line}] * flip():", "else:"],
            ["try:", "except E:"],
            ["try:", "except E as {x}:", "else:", "finally:"],
            ["try:", "finally:"],
            ["with suppress(E):"],
        ]
        if depth > 4 or self.left < 0 or self.random.random() < 0.5:
            self.write(depth, self.random.choice(simple))
            return
        for clause in self.random.choice(compound):
            self.write(depth, clause)
            loops = clause.startswith(("while", "for"))
            if loops:
                self.write(depth + 1, "tick()")
            self.block(depth + 1, in_loop=in_loop or loops)

    def write(self, depth: int, text: str) -> None:
        """Write a line, with names chosen at random."""
        x, y = self.random.sample("xy", 2)
        self.lines.append("    " * depth + text.format(x=x, y=y, line=len(self.lines) + 1))

    def seen(self, runs: int) -> set[tuple[int, object]]:
        """The pairs of lines (read, binding) seen when running the function."""
        pairs: set[tuple[int, object]] = set()
        code = compile(self.source, "program", "exec")
        for seed in range(runs):
            names = self.names(random.Random(seed), pairs)
            exec(code, names)
            with contextlib.suppress(NameError, Error):
                names["f"]()
        return pairs

    def names(self, chance: random.Random, pairs: set[tuple[int, object]]) -> dict[str, Any]:
        """What the function calls."""
        ticks = itertools.count()

        def tick() -> None:
            if next(ticks) > 20:
                raise Error

        def risk(line: int) -> int:
            if chance.random() < 0.2:
                raise Error
            return line

        return {
            "E": Error,
            "suppress": contextlib.suppress,
            "tick": tick,
            "risk": risk,
            "flip": lambda: chance.random() < 0.5,
            "two": lambda: range(2),
            "read": lambda line, value: pairs.add((line, value)),
        }


class Error(Exception):
    """What random programs raise."""


def test_what_happens_is_foreseen() -> None:
    """What random programs see when they run is among what their flow says they may see."""
    programs = [Program(seed) for seed in range(40)]
    preamble = "from contextlib import suppress; "
    for program, tree in zip(
        programs, trees([preamble + "pass\n" + p.source for p in programs]), strict=True
    ):
        case = Case(tree, program.source)
        foreseen = {
            (node.line - 1, binding.node.line - 1)
            for node in walk(case.function)
            if isinstance(node, nodes.NameExpr)
            for binding in case.flow.reaching(node)
        }
        seen = {pair for pair in program.seen(50) if isinstance(pair[1], int)}
        assert seen <= foreseen, program.source
