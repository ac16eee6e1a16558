"""The rules: one module is one error code, and its docstring is the rule's page."""
