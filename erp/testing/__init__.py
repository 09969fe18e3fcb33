"""The third door: what plugins' tests use."""
