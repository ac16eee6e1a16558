"""Control flow in one body, and which value a name has where; knows nodes, no types."""
