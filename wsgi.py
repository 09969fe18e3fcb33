"""The application as a WSGI server finds it: `gunicorn wsgi:app`."""

import logging

from erp import config, logs
from erp.app import create_app

logs.init(config.from_env(), level=logging.INFO)
app = create_app()
