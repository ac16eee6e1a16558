"""Django's forms: validation looks rows up, rendering lists the rows of a choice."""

from typing import Final

from mypy_async_django.catalogue.frameworks.framework import (
    Declarative,
    FieldKind,
    Framework,
    Role,
)

_METHODS: Final = {
    **dict.fromkeys(("errors", "full_clean", "is_valid"), Role.VALIDATES),
    **dict.fromkeys(
        ("__str__", "as_div", "as_p", "as_table", "as_ul", "render"),
        Role.RENDERS,
    ),
}
_HOOKS: Final = {Role.VALIDATES: ("clean", "clean_*")}

FRAMEWORK: Final = Framework(
    declarative={
        "django.forms.forms.BaseForm": Declarative(_METHODS, _HOOKS),
        "django.forms.models.BaseModelForm": Declarative(_METHODS, _HOOKS, from_model=True),
    },
    fields={"django.forms.models.ModelChoiceField": FieldKind.CHOICE},
)
