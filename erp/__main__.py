"""`python -m erp`: the `erp` command, quicker to load because garbage is not looked for meanwhile."""

import gc
import sys

gc.disable()

from erp.cli import main  # noqa: E402 - the collector would pass over the half million objects this loads again and again

sys.exit(main())
