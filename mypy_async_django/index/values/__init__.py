"""Where values come from, what was loaded of them, and where they escape to."""
