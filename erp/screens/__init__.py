"""The second door: generated pages, and what a plugin's `views.py` derives from."""

from flask_appbuilder import expose as expose

from erp.documents.fields import Field as Field
from erp.documents.fields import Kind as Kind
from erp.forms.inputs import Choice as Choice
from erp.forms.inputs import Input as Input
from erp.screens import imports as imports
from erp.screens.asking import Question as Question
from erp.screens.asking import Stand as Stand
from erp.screens.asking import asked as asked
from erp.screens.asking import asked_at as asked_at
from erp.screens.beside import Beside as Beside
from erp.screens.bulk import Selection as Selection
from erp.screens.bulk import Tally as Tally
from erp.screens.bulk import asked_of_rows as asked_of_rows
from erp.screens.bulk_edit import selection as selection
from erp.screens.customers import CustomerPage as CustomerPage
from erp.screens.documents import Answer as Answer
from erp.screens.documents import DocumentView as DocumentView
from erp.screens.filing import pdf as pdf
from erp.screens.filing import rows_as_csv as rows_as_csv
from erp.screens.guard import allowed as allowed
from erp.screens.heads import DocumentHead as DocumentHead
from erp.screens.heads import Opened as Opened
from erp.screens.heads import TaskButton as TaskButton
from erp.screens.heads import head as head
from erp.screens.heads import opened as opened
from erp.screens.registry import register as register
from erp.web.guard import public as public
from erp.web.shapes import Cell as Cell
from erp.web.shapes import Column as Column
from erp.web.shapes import LinesShown as LinesShown
from erp.web.shapes import Link as Link
from erp.web.shapes import Row as Row
from erp.web.shapes import Shown as Shown
from erp.web.shapes import State as State
