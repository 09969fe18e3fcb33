"""The application as a WSGI server finds it: `gunicorn wsgi:app`."""

from erp.app import create_app

app = create_app()
