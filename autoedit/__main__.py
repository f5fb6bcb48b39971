"""`python -m autoedit`."""

import sys

from autoedit.cli import main

sys.exit(main())
