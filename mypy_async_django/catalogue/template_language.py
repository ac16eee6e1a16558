"""What Django's template filters and tags do to a value."""

from collections.abc import Mapping
from typing import Final

from mypy_async_django.catalogue.builtin import Use

#: Filters that use their value at once.
USING: Final[Mapping[str, Use]] = {
    **dict.fromkeys(("first", "last", "random"), Use.INDEX),
    **dict.fromkeys(("length", "length_is", "pluralize"), Use.LENGTH),
    **dict.fromkeys(
        (
            "dictsort",
            "dictsortreversed",
            "escapeseq",
            "join",
            "safeseq",
            "unordered_list",
        ),
        Use.ITERATE,
    ),
    "yesno": Use.TRUTH,
    **dict.fromkeys(
        (
            "addslashes",
            "capfirst",
            "center",
            "cut",
            "escape",
            "escapejs",
            "force_escape",
            "iriencode",
            "linebreaks",
            "linebreaksbr",
            "linenumbers",
            "ljust",
            "lower",
            "make_list",
            "rjust",
            "safe",
            "slugify",
            "stringformat",
            "striptags",
            "title",
            "truncatechars",
            "truncatechars_html",
            "truncatewords",
            "truncatewords_html",
            "upper",
            "urlencode",
            "urlize",
            "urlizetrunc",
            "wordcount",
            "wordwrap",
        ),
        Use.FORMAT,
    ),
}

#: Filters whose result is the value itself, or has the same items, as lazy as it was.
PASSING: Final = frozenset({"default", "default_if_none", "slice"})
#: Of these, the ones that test the value first.
TESTING: Final = frozenset({"default"})
#: Filters whose result has the items of their value.
SAME_ITEMS: Final = frozenset({"dictsort", "dictsortreversed", "first", "last", "random"})

#: Tags whose arguments are only read.
READING: Final = frozenset(
    {
        "cache",
        "get_media_prefix",
        "get_static_prefix",
        "ifchanged",
        "localize",
        "localtime",
        "lorem",
        "now",
        "querystring",
        "static",
        "timezone",
        "trans",
        "translate",
        "url",
        "widthratio",
    }
)
#: Tags whose body is rendered as it stands.
TRANSPARENT: Final = frozenset(
    {
        "autoescape",
        "blocktrans",
        "blocktranslate",
        "cache",
        "filter",
        "ifchanged",
        "language",
        "localize",
        "localtime",
        "partialdef",
        "spaceless",
        "timezone",
        "utc",
    }
)
#: Tags without anything of the context.
NOTHING: Final = frozenset(
    {
        "csrf_token",
        "debug",
        "elif",
        "else",
        "empty",
        "get_available_languages",
        "get_current_language",
        "get_current_language_bidi",
        "get_current_timezone",
        "get_language_info",
        "get_language_info_list",
        "load",
        "plural",
        "resetcycle",
        "templatetag",
    }
)

#: Lazily loaded names that context processors add to the context, with the processors.
CONTEXT_OF_USERS: Final[Mapping[str, str]] = {
    "perms": "django.contrib.auth.context_processors.auth",
    "request": "django.template.context_processors.request",
    "user": "django.contrib.auth.context_processors.auth",
}
