"""One module for each way to break Django with async, annotated."""
