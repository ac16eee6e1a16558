"""The tests of this folder share a generator of programs."""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent))
