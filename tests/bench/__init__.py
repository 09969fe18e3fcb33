"""Measurements: ratios within one run, medians, one flat JSON."""
