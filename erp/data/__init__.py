"""The data floor: sessions, tenancy, organisation, audit, settings and files."""
