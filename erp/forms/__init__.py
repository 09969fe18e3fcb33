"""Forms: one way to show fields, to read what was typed and to say what is wrong, for people and for programs."""

from erp.forms.bind import bind as bind
from erp.forms.bind import bind_json as bind_json
from erp.forms.bound import Bound as Bound
from erp.forms.bound import Uploads as Uploads
from erp.forms.fields import FormField as FormField
from erp.forms.inputs import Input as Input
from erp.forms.inputs import LineInput as LineInput
from erp.forms.inputs import LinesInput as LinesInput
from erp.forms.lookup import NOTHING as NOTHING
from erp.forms.lookup import Lookup as Lookup
from erp.forms.schema import Form as Form
from erp.forms.schema import load as load
