"""Processes: diagrams, their running instances, and the step that moves one of them."""
