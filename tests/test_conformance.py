"""Every plugin, type, diagram, form and print of this repository keeps to the rules all plugins inherit."""

from erp.testing.conformance import *  # noqa: F403
