"""Tags of the project that the templates load."""
