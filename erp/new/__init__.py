"""`erp new`: write a first version of a document type that already passes every check."""

from erp.new.documents import STEPS as STEPS
from erp.new.documents import Order as Order
from erp.new.documents import write as write
from erp.new.documents import written as written
from erp.new.plugins import written_plugin as written_plugin
