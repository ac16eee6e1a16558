"""One recipe for each row of the catalogue: how to call it so that it has something to do."""

from typing import Final

from recipe import Recipe

from recipes import contrib, database, forms, others

RECIPES: Final[dict[str, Recipe]] = {
    **contrib.RECIPES,
    **database.RECIPES,
    **forms.RECIPES,
    **others.RECIPES,
}

#: What the oldest Django that the tests run on does not have.
NEWER: Final = {
    "django.contrib.auth.check_password_with_timing_attack_mitigation": (6, 1),
    "django.db.transaction.savepoint_create": (6, 1),
    "django.tasks": (6, 0),
}

#: Twins that are there before they help.
EARLY_TWINS: Final = frozenset(
    {
        # They hash in the event loop until Django 6.0.
        "django.contrib.auth.base_user.AbstractBaseUser.check_password",
        "django.contrib.auth.hashers.check_password",
    }
)

#: By database: what raises on others only, as the rows say in their conditions.
FREE_ON: Final = {
    "postgresql": frozenset(
        f"django.db.backends.base.base.BaseDatabaseWrapper.{name}"
        for name in (
            "constraint_checks_disabled",
            "disable_constraint_checking",
            "enable_constraint_checking",
        )
    )
}
