"""Compile the decoder of the page: `python -m nsynth_edu.page.build`, with ziglang installed."""

import subprocess
import sys
from pathlib import Path

from nsynth_edu.page.bundle import STATIC

SOURCE = Path(__file__).with_name("decoder.c")
COMPILER = [
    "-m", "ziglang", "cc", "--target=wasm32-freestanding", "-mcpu=generic+simd128+bulk_memory",
    "-O3", "-nostdlib", "-ffreestanding", "-Wl,--no-entry", "-Wl,--strip-all", "-Wno-unused",
]  # fmt: skip


def compile_decoder(out, exact=False, python=sys.executable):
    """Compile decoder.c to WebAssembly; the pinned ziglang gives the same bytes each time.

    Args:
        out: file to write.
        exact: float32 weights and signals, for tests.
        python: an interpreter with ziglang.

    Raises:
        subprocess.CalledProcessError: if the compiler is missing or finds a mistake.
    """
    flags = ["-DEXACT"] if exact else []
    subprocess.run(
        [python, *COMPILER, *flags, SOURCE.name, "-o", out], cwd=SOURCE.parent, check=True
    )


if __name__ == "__main__":
    compile_decoder(STATIC / "decoder.wasm")
