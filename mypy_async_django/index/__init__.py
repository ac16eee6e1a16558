"""What one body does: its operations, its control flow and where its values come from."""
