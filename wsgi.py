"""The application as a WSGI server finds it: `gunicorn wsgi:app`."""

from erp import config, logs
from erp.app import create_app

logs.init(config.from_env())
app = create_app()
