"""The application as a WSGI server finds it: `gunicorn wsgi:app`."""

import gc
import logging

gc.disable()

from erp import config, logs  # noqa: E402 - as in `erp.__main__`: nothing that is loaded is garbage
from erp.app import create_app  # noqa: E402

logs.init(config.from_env(), level=logging.INFO)
app = create_app()
gc.enable()
