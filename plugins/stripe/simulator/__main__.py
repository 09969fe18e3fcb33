"""`python -m plugins.stripe.simulator [--port 0] [--state FILE]`: says its address in its first line."""

from __future__ import annotations

import argparse
from pathlib import Path

from erp.testing import serve
from plugins.stripe.simulator.service import StripeSimulator


def main() -> None:
    """Serve until the process is ended."""
    parser = argparse.ArgumentParser(prog="plugins.stripe.simulator")
    parser.add_argument("--port", type=int, default=0)
    parser.add_argument("--state", type=Path, help="keep what is held in this file")
    chosen = parser.parse_args()
    simulator = StripeSimulator(chosen.state)

    def said(address: str) -> None:
        simulator.address = address
        print(address, flush=True)  # noqa: T201 - whoever started it reads the address here

    serve(simulator, chosen.port, said)


if __name__ == "__main__":
    main()
