"""What mypy knows, without what is awkward about asking it: nodes, types, source text."""
