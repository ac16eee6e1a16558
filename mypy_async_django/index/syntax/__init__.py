"""One function's own code: its nodes, its control flow, what its operations are."""
