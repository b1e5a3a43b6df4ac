"""``python -m aisle`` is the command line."""

import sys

from aisle.cli.main import main

sys.exit(main())
