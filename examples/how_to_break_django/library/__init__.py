"""A small library: books, their authors, and who borrowed them."""
