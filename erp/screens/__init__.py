"""The second door: generated pages, and what a plugin's `views.py` derives from."""

from flask_appbuilder import expose as expose

from erp.screens.documents import Answer as Answer
from erp.screens.documents import DocumentView as DocumentView
from erp.screens.filing import pdf as pdf
from erp.screens.guard import allowed as allowed
from erp.screens.heads import Opened as Opened
from erp.screens.registry import register as register
from erp.web.shapes import Link as Link
from erp.web.shapes import Shown as Shown
