"""The same modules without annotations: mypy does not check the functions in them."""
