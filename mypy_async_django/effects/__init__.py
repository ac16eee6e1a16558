"""What calling a function means, across modules."""
