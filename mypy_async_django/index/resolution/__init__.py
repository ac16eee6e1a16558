"""What a call runs: callees, their arguments, the functions run elsewhere."""
