"""The shell around every page: sign-in, errors, headers, the customer's pages and what templates need."""
