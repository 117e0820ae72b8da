"""What a file from a stranger may ask for, what damaged ones raise, and how their names print."""

import struct

LONGEST_SOUND = 600  # s that an encoding, or a compressed recording, may last
MOST_SAMPLES = 50_000_000  # that are read of a sound file, all channels: 200 MB as float32
MOST_PLANE_SAMPLES = 500_000_000  # of all points of a line, pad or multigrid: 2 GB as float32

# what parsers raise on bytes that are not what they seem; libsndfile's errors are RuntimeErrors
DAMAGE = (
    ArithmeticError, AttributeError, EOFError, LookupError, MemoryError, OSError, RuntimeError,
    TypeError, ValueError, struct.error,
)  # fmt: skip


def printable(name):
    """A name with unprintable characters escaped, and quoted then."""
    return name if name.isprintable() else ascii(name)
