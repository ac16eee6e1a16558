"""Queries and model instances: where they come from, what was loaded, what a use would load."""
