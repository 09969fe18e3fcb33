"""Stripe as far as we use it, on this machine: no account, no network, test cards only."""
