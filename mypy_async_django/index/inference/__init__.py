"""Type inference where mypy has no types: unannotated functions and bodies not checked yet."""
