"""What only mypy's daemon needs."""
