"""Whether file operations reach a disk: not on buffers in memory, nor on what is made around one."""

from collections.abc import Iterator
from typing import Final

from mypy.nodes import (
    ARG_STAR,
    ARG_STAR2,
    CallExpr,
    Expression,
    MemberExpr,
    MypyFile,
    NameExpr,
    RefExpr,
)

from mypy_async_django.bridge.tree import is_none
from mypy_async_django.bridge.types import all_are, class_object, classes
from mypy_async_django.index.syntax.bindings import Binding, BindingKind
from mypy_async_django.index.syntax.body import Body
from mypy_async_django.index.syntax.operations import ImplicitUse

_PATHS: Final = ("builtins.str", "os.PathLike")
_OPENED: Final = ("_io.BufferedRandom", "_io.BufferedReader", "_io.BufferedWriter", "_io.FileIO")
_SAVE: Final = "save"
_TEXT: Final = "_io.TextIOWrapper"
_TEMPORARY: Final = "tempfile._TemporaryFileWrapper"
_BUFFERS: Final = (
    "_io.BytesIO",
    "_io.StringIO",
    "django.core.files.base.ContentFile",
    "django.core.files.uploadedfile.InMemoryUploadedFile",
)
#: Parameters that take a file object, in the place of a path.
_FILE: Final = frozenset({"file", "fileobj", "fp"})


def is_on_disk(body: Body, operation: CallExpr | ImplicitUse) -> bool | None:
    """Whether a file operation reaches a disk: it is given a path or a file, or what it runs on was.

    None where that is not known.
    """
    match operation:
        case ImplicitUse(value=receiver):
            return _is_made_on_disk(body, receiver)
        case CallExpr(callee=MemberExpr(expr=receiver, name=name)) if _is_object(body, receiver):
            writes_to = name == _SAVE  # Image.save(path): what it was made from does not count
            return (
                _is_given_disk(body, operation) if writes_to else _is_made_on_disk(body, receiver)
            )
        case _:
            return _is_given_disk(body, operation)


def is_in_memory(body: Body, file: Expression) -> bool:
    """Whether a file object is known to be around a buffer in memory."""
    return _is_made_on_disk(body, file) is False


def _is_object(body: Body, receiver: Expression) -> bool:
    if isinstance(receiver, RefExpr) and isinstance(receiver.node, MypyFile):
        return False
    type_ = body.type_of(receiver)
    return class_object(type_) is None and bool(classes(type_))


def _is_made_on_disk(body: Body, file: Expression) -> bool | None:
    """Whether the calls that made an object were given a path or a file; None if that differs."""
    found = {_is_given_disk(body, call) for call in _makers(body, file)}
    return found.pop() if len(found) == 1 else None


def _makers(body: Body, file: Expression) -> Iterator[CallExpr]:
    if not isinstance(file, NameExpr):
        if isinstance(file, CallExpr):
            yield file
        return
    for site in body.definition_sites(file):
        match site:
            case CallExpr():
                yield site
            case Binding(kind=BindingKind.WITH, value=CallExpr() as call, path=()):
                yield call
            case _:
                pass


def _is_given_disk(body: Body, call: CallExpr) -> bool | None:
    if any(kind in {ARG_STAR, ARG_STAR2} for kind in call.arg_kinds):
        return None
    given = list(zip(call.args, call.arg_names, strict=True))
    files = [value for value, name in given if name in _FILE and not is_none(value)]
    answers = [_answer(body, value) for value in files or call.args[:1]]
    return answers[0] if answers else None


def _answer(body: Body, value: Expression) -> bool | None:
    type_ = body.type_of(value)
    if all_are(type_, *_PATHS, *_OPENED, _TEMPORARY):
        return True
    if all_are(type_, *_BUFFERS):
        return False
    if all_are(type_, _TEXT):
        return not is_in_memory(body, value)
    return None
