"""Call resolution: which functions a call runs, with which arguments, and in which thread."""
