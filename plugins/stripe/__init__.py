from erp import Plugin, _l


class Stripe(Plugin):
    """Stripe. Cards charged on Stripe's own page; test keys work without any contract."""

    depends = ("payments",)
    order = 42
    credentials = {  # noqa: RUF012 - read once, never changed
        "secret_key": _l("Secret key"),
        "webhook_secret": _l("Signing secret of the webhook"),
    }
    simulated = {  # noqa: RUF012 - read once, never changed
        "secret_key": "sk_test_simulated_",
        "webhook_secret": "whsec_simulated_",
    }
