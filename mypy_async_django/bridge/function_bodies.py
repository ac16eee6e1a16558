"""The bodies of functions: from the tree that mypy holds, or from the file, read again.

mypy frees the statements of a module once it has checked it, has none of modules from its cache, and
skips the bodies of functions in modules whose errors it does not show. The names in a body are bound
as mypy's daemon binds those of one function, by its semantic analyser:
https://github.com/python/mypy/blob/v2.4.1/mypy/server/update.py
"""

import io
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, redirect_stderr, redirect_stdout
from functools import cached_property
from pathlib import Path
from time import time
from typing import Final

from mypy.config_parser import parse_mypy_comments
from mypy.errors import Errors
from mypy.nodes import (
    FUNCDEF_FLAGS,
    GDEF,
    AssignmentStmt,
    ClassDef,
    Decorator,
    Expression,
    ExpressionStmt,
    FuncDef,
    MypyFile,
    OverloadedFuncDef,
    SymbolNode,
    SymbolTable,
    SymbolTableNode,
    TypeInfo,
)
from mypy.options import Options
from mypy.parse import parse
from mypy.plugin import Plugin
from mypy.renaming import LimitedVariableRenameVisitor, VariableRenameVisitor
from mypy.semanal import SemanticAnalyzer
from mypy.semanal_pass1 import SemanticAnalyzerPreAnalysis
from mypy.util import DecodeError, decode_python_encoding, get_mypy_comments

from mypy_async_django.bridge.definitions import AttributeValue, Definition, Definitions, Value

_BUILTINS: Final = "__builtins__"
#: Names in a function may be defined further down: mypy, too, comes back for them.
_PASSES: Final = (False, False, True)


class UnreadableError(Exception):
    """A file is not encoded as it says."""


class ModuleBodies:
    """The functions and values of one module, with the names in them bound.

    Those of a tree that mypy has analysed are bound already: ``reread`` returns the same from the file
    for functions whose bodies mypy has skipped. In others ``analyzer`` binds them when asked for.
    """

    def __init__(
        self,
        tree: MypyFile,
        definitions: Definitions,
        *,
        reread: "Callable[[MypyFile], ModuleBodies] | None" = None,
        analyzer: "_Analyzer | None" = None,
        options: Options | None = None,
    ) -> None:
        self.definitions = definitions
        self._tree = tree
        self._reread = reread
        self._analyzer = analyzer
        self._options = options
        self._bound: set[FuncDef | Expression] = set()

    def function(self, name: str) -> Definition | None:
        """The function of a name within the module; None if there is none.

        Raises OSError or UnreadableError if the file cannot be read, and what mypy's analyser does
        not cope with.
        """
        definition = self.definitions.functions.get(name)
        if definition is None:
            return None
        if not definition.outermost.body.body and self._reread is not None:
            return self._reread(self._tree).function(name)
        self.bind(definition)
        return definition

    def bind(self, definition: Definition) -> None:
        """Bind the names in a function and in its decorators."""
        function, analyzer, options = definition.outermost, self._analyzer, self._options
        if analyzer is None or options is None or function in self._bound:
            return
        self._bound.add(function)
        info = self._class(definition.owner)
        if definition.owner and info is None:
            return
        kept = _kept(definition, info.names if info else self._tree.names)
        if kept is not None:
            for flag in FUNCDEF_FLAGS:
                setattr(function, flag, getattr(kept, flag))
        analyzer.bind_function(function, self._tree, options, info)
        if kept is not None:
            function.type = kept.type
            function.abstract_status = kept.abstract_status
        decorator = definition.decorator
        for expression in decorator.original_decorators if decorator else ():
            analyzer.bind_expression(expression, self._tree, options, info)

    def value(self, name: str) -> Value | None:
        """The value of a variable that is assigned once, with the names in it bound."""
        value = self.definitions.values.get(name)
        analyzer, options = self._analyzer, self._options
        if value is None or analyzer is None or options is None or value.value in self._bound:
            return value
        self._bound.add(value.value)
        analyzer.bind_expression(value.value, self._tree, options, self._class(value.owner))
        return value

    def class_(self, name: str) -> ClassDef | None:
        """The class of a name within the module, with the names bound in what its body assigns."""
        found = self.definitions.classes.get(name)
        analyzer, options = self._analyzer, self._options
        if found is None or analyzer is None or options is None:
            return found
        info = self._class(name)
        for statement in found.defs.body:
            match statement:
                case AssignmentStmt(rvalue=value) if value not in self._bound and info is not None:
                    self._bound.add(value)
                    analyzer.bind_expression(value, self._tree, options, info)
                case ClassDef(name=inner):
                    self.class_(f"{name}.{inner}")
                case _:
                    pass
        return found

    def attribute(self, name: str) -> AttributeValue | None:
        """The value of the only assignment to an attribute, in a method; its names are bound."""
        attribute = self.definitions.attributes.get(name)
        if attribute is not None:
            self.bind(attribute.method)
        return attribute

    def symbol(self, name: str) -> SymbolNode | None:
        """The definition that a name within the module refers to."""
        names, node = self._tree.names, None
        for part in name.split("."):
            symbol = names.get(part)
            node = symbol.node if symbol is not None else None
            names = node.names if isinstance(node, TypeInfo) else SymbolTable()
        return node

    def _class(self, name: str) -> TypeInfo | None:
        node = self.symbol(name) if name else None
        return node if isinstance(node, TypeInfo) else None


class FunctionBodies:
    """Returns the functions of the modules of a build, with their statements."""

    def __init__(self, options: Options, modules: dict[str, MypyFile]) -> None:
        self._options = options
        self._live: dict[str, tuple[MypyFile, ModuleBodies]] = {}
        self._read: dict[str, tuple[MypyFile, ModuleBodies]] = {}
        self._analyzer = _Analyzer(options, modules)
        self._began = time()

    def of(self, tree: MypyFile) -> ModuleBodies:
        """The functions of a module: as mypy holds them, if it does.

        Raises OSError or UnreadableError if the file cannot be read.
        """
        if not tree.defs:
            return self.reread(tree)
        known = self._live.get(tree.fullname)
        if known is None or known[0] is not tree:
            bodies = ModuleBodies(tree, Definitions(tree.defs), reread=self.reread)
            known = self._live[tree.fullname] = tree, bodies
        return known[1]

    def reread(self, tree: MypyFile) -> ModuleBodies:
        """The functions of a module, from its file."""
        known = self._read.get(tree.fullname)
        if known is None or known[0] is not tree:
            known = self._read[tree.fullname] = tree, self._parsed(tree)
        return known[1]

    def is_newer(self, tree: MypyFile) -> bool:
        """Whether a module's file has been written since the run began."""
        return Path(tree.path).stat().st_mtime > self._began

    def forget(self, module: str) -> None:
        """A module has been read anew."""
        self._live.pop(module, None)
        self._read.pop(module, None)

    def _parsed(self, tree: MypyFile) -> ModuleBodies:
        try:
            source = decode_python_encoding(Path(tree.path).read_bytes())
        except (DecodeError, UnicodeDecodeError) as error:
            raise UnreadableError(tree.path) from error
        options = self._options.clone_for_module(tree.fullname)
        if comments := get_mypy_comments(source):
            changes, _ = parse_mypy_comments(comments, options)
            options = options.apply_changes(changes)
        # mypy reads no bodies where it ignores errors. And our own Errors must not pass for the
        # build's, which is known by its options.
        options = options.apply_changes({"ignore_errors": False})
        errors = Errors(options)
        parsed = parse(source, tree.path, tree.fullname, errors, options, eager=True)
        if not options.native_parser:
            SemanticAnalyzerPreAnalysis().visit_file(parsed, tree.path, tree.fullname, options)
        if not options.allow_redefinition:
            parsed.accept(LimitedVariableRenameVisitor())
        if options.allow_redefinition_old:
            parsed.accept(VariableRenameVisitor())
        definitions = Definitions(parsed.defs)
        return ModuleBodies(tree, definitions, analyzer=self._analyzer, options=options)


class _Analyzer:
    """Binds names with mypy's semantic analyser; what it adds to symbol tables is taken out again."""

    def __init__(self, options: Options, modules: dict[str, MypyFile]) -> None:
        self._options = options
        self._modules = modules
        self._made: SemanticAnalyzer | None = None

    @cached_property
    def _visible(self) -> set[str]:
        # Any module may have imported a submodule, which then is an attribute of its package.
        return set(self._modules)

    def bind_function(
        self, function: FuncDef, tree: MypyFile, options: Options, info: TypeInfo | None
    ) -> None:
        """Bind the names in a function, or a method of the class ``info``."""
        with self._at_work(tree, info) as analyzer:
            for is_last in _PASSES:
                analyzer.incomplete_namespaces = set() if is_last else {tree.fullname}
                analyzer.refresh_partial(function, [], is_last, tree, options, info)
                if not analyzer.deferred:
                    break
            analyzer.incomplete_namespaces = set()

    def bind_expression(
        self, expression: Expression, tree: MypyFile, options: Options, info: TypeInfo | None
    ) -> None:
        """Bind the names in an expression of a module's top level, or of the class ``info``."""
        with self._at_work(tree, info) as analyzer:
            analyzer.patches = []
            # In a class, names count that are defined above the statement.
            analyzer.statement = ExpressionStmt(expression)
            analyzer.statement.set_line(expression)
            with analyzer.file_context(tree, options, info):
                analyzer.accept(expression)

    @contextmanager
    def _at_work(self, tree: MypyFile, info: TypeInfo | None) -> Iterator[SemanticAnalyzer]:
        if info is not None:
            info.defn.info = info  # not set where the class comes from mypy's cache
        tables: list[SymbolTable] = [tree.names, *([info.names] if info else [])]
        before = [set(table) for table in tables]
        if _BUILTINS not in tree.names:
            tree.names[_BUILTINS] = SymbolTableNode(GDEF, self._modules["builtins"])
        analyzer = self._prepared(tree)
        try:
            # mypy prints what its analyser does not cope with, and exits.
            with redirect_stdout(io.StringIO()), redirect_stderr(io.StringIO()):
                yield analyzer
        except SystemExit as error:
            self._made = None
            raise RuntimeError(f"mypy cannot analyse a function of {tree.fullname}") from error
        except Exception:
            self._made = None  # it is in the middle of something
            raise
        finally:
            analyzer.saved_locals.clear()
            analyzer.errors.error_info_map.clear()
            for table, names in zip(tables, before, strict=True):
                for name in table.keys() - names:
                    del table[name]

    def _prepared(self, tree: MypyFile) -> SemanticAnalyzer:
        if self._made is None:
            options = self._options.apply_changes({})
            errors = Errors(options)
            self._made = SemanticAnalyzer(self._modules, {}, set(), errors, Plugin(options), {})
            self._made.global_decls = [set()]
            self._made.nonlocal_decls = [set()]
            self._made.imports = set()
            self._made._final_iteration = True
        self._made.import_map[tree.fullname] = self._visible
        return self._made


def _kept(definition: Definition, names: Mapping[str, SymbolTableNode]) -> FuncDef | None:
    """The function as mypy keeps it in a symbol table; None if that is another definition."""
    function = definition.outermost
    symbol = names.get(function.name)
    for each in _functions(symbol.node if symbol else None):
        is_same = each.arg_names == function.arg_names and each.arg_kinds == function.arg_kinds
        if is_same and each.is_coroutine == function.is_coroutine:
            return each
    return None


def _functions(node: SymbolNode | None) -> Iterator[FuncDef]:
    match node:
        case FuncDef():
            yield node
        case Decorator():
            yield node.func
        case OverloadedFuncDef():
            for each in (node.impl, *node.items):
                yield from _functions(each)
        case _:
            pass
