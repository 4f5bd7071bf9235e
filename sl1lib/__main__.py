"""``python -m sl1lib``: the command line."""

import sys

from .cli import main

sys.exit(main())
