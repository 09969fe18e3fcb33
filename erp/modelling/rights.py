"""The right everything here asks for."""

SUBJECT = "process"
"""Rights on it: `list` the library, `show` a drawing, `edit` a draft, `publish` a version, `migrate` what runs."""
