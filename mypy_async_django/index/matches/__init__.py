"""Matches: a body's operations compared with the catalogue and with summaries of callees."""
