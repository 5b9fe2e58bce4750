"""Write the pictures."""

import sys
from pathlib import Path

from scripts.draw_detection import PICTURES, draw

draw(Path(sys.argv[1]) if len(sys.argv) > 1 else PICTURES)
