"""The parts of mypy's private interface that the plugin needs."""

from collections.abc import Iterator, Mapping, Sequence
from importlib import import_module
from typing import Final

#: Attributes by the full name of their class. What is imported by name needs no row: it is missed
#: at once.
NEEDED: Final[Mapping[str, Sequence[str]]] = {
    "mypy.checker.TypeChecker": (
        "_type_maps",
        "errors",
        "has_type",
        "last_pass",
        "lookup_type_or_none",
        "options",
        "path",
        "scope",
        "tree",
        "tscope",
    ),
    "mypy.checker_state.TypeCheckerState": ("type_checker",),
    "mypy.errors.Errors": (
        "_watchers",
        "current_target",
        "error_info_map",
        "file",
        "flushed_files",
        "generate_unused_ignore_errors",
        "ignored_files",
        "ignored_lines",
        "options",
        "read_source",
        "report",
        "scope",
        "set_file",
        "set_file_ignored_lines",
        "target_module",
    ),
    "mypy.nodes.CallExpr": ("arg_kinds", "arg_names", "args", "callee"),
    "mypy.nodes.FuncDef": (
        "body",
        "info",
        "is_coroutine",
        "is_dynamic",
        "original_first_arg",
        "type",
    ),
    "mypy.nodes.MypyFile": (
        "defs",
        "fullname",
        "ignored_lines",
        "imports",
        "is_stub",
        "names",
        "path",
        "plugin_deps",
    ),
    "mypy.options.Options": (
        "apply_changes",
        "cache_dir",
        "cache_fine_grained",
        "check_untyped_defs",
        "clone_for_module",
        "config_file",
        "disabled_error_codes",
        "enabled_error_codes",
        "fine_grained_incremental",
        "plugins",
        "python_executable",
        "python_version",
        "num_workers",
        "show_traceback",
    ),
    "mypy.plugin.Plugin": (
        "get_additional_deps",
        "get_additional_indirect_deps",
        "get_attribute_hook",
        "get_class_attribute_hook",
        "get_function_signature_hook",
        "get_method_hook",
        "get_method_signature_hook",
        "report_config_data",
        "set_modules",
    ),
    "mypy.plugin.ReportConfigContext": ("id", "is_check", "path"),
    "mypy.scope.Scope": ("current_function_name", "saved_scope"),
    "mypy.semanal.SemanticAnalyzer": (
        "accept",
        "deferred",
        "errors",
        "file_context",
        "global_decls",
        "import_map",
        "incomplete_namespaces",
        "nonlocal_decls",
        "patches",
        "refresh_partial",
        "saved_locals",
        "statement",
    ),
}


class MissingInternalsError(Exception):
    """Mypy does not have what the plugin needs; the message lists it."""


def check_internals() -> None:
    """Raise MissingInternalsError if mypy lacks anything of `NEEDED`."""
    missing = list(_missing())
    if missing:
        raise MissingInternalsError(f"there is no {', no '.join(missing)}")


def _missing() -> Iterator[str]:
    for name, attributes in NEEDED.items():
        module, _, kind = name.rpartition(".")
        found = getattr(import_module(module), kind, None)
        if not isinstance(found, type):
            yield name
            continue
        known = {each for base in found.__mro__ for each in _attributes(base)}
        for attribute in attributes:
            if attribute not in known:
                yield f"{name}.{attribute}"


def _attributes(kind: type) -> Iterator[str]:
    """The attributes of a class; where mypy is not compiled, also what a constructor may set."""
    yield from vars(kind)
    yield from vars(kind).get("__annotations__", ())
    for constructor in ("__init__", "__new__"):
        code = getattr(vars(kind).get(constructor), "__code__", None)
        yield from code.co_names if code is not None else ()
