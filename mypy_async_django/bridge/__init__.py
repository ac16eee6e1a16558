"""The only door to mypy's internals: walking nodes, reading types, source text."""
