"""Diagrams as they are drawn: read, timed, spoken, what of them can run, and played through without running."""
