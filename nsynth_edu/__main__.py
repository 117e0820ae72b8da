"""``python -m nsynth_edu`` is ``nsynth-edu``."""

import sys

from nsynth_edu.cli import main

if __name__ == "__main__":
    sys.exit(main())
