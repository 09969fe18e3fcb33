"""Processes rehearsed from cases: nothing outside, nothing kept."""
