"""Python imports this before anything else: breaks the build that ``BROKEN_BUILD`` names."""

import os
import sys

if "workers" in sys.orig_argv and (name := os.environ.get("BROKEN_BUILD")):
    from tests.soak.broken.builds import break_it

    break_it(name)
