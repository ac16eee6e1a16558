"""Types where mypy has none: unannotated functions, and bodies before they are checked."""
