"""The second door: generated pages, and what a plugin's `views.py` derives from."""

from erp.screens.documents import DocumentView as DocumentView
from erp.screens.registry import register as register
