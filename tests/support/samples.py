"""Sets of samples, and WAV files byte by byte."""

import struct
import subprocess
import sys
from functools import lru_cache

import numpy as np

from nsynth_edu.sound import midi_to_hz
from nsynth_edu.studio import NOTES, check_samples

RATE, LENGTH = 16_000, 64_000


@lru_cache
def tone(midi=36, seconds=4.0, rate=RATE, decay=1.5):
    """A note with six partials that dies away, peak 0.6."""
    time = np.arange(round(seconds * rate)) / rate
    phase = 2 * np.pi * midi_to_hz(midi) * time
    wave = sum(np.sin(n * phase) / n for n in range(1, 7)) * np.exp(-decay * time)
    return 0.6 * wave / np.abs(wave).max()


def pcm(wave):
    return np.clip(np.round(np.asarray(wave) * 32768), -32768, 32767).astype("<i2").tobytes()


def wav(body, rate=RATE, channels=1, bits=16, tag=1, promised=None, extra=b"", tail=b""):
    """The bytes of a WAV file, true or false."""
    frame = channels * bits // 8
    form = struct.pack("<HHIIHH", tag, channels, rate, 0, frame, bits) + extra
    promised = len(body) if promised is None else promised
    chunks = b"WAVEfmt " + struct.pack("<I", len(form)) + form
    chunks += b"data" + struct.pack("<I", promised & 0xFFFFFFFF) + body + tail
    return b"RIFF" + struct.pack("<I", len(chunks)) + chunks


def write_set(folder, instrument="lead", notes=NOTES):
    folder.mkdir(parents=True, exist_ok=True)
    for note in notes:
        (folder / f"{instrument}_{note}.wav").write_bytes(wav(pcm(tone(note))))
    return folder


def kinds(folder, remarks=False):
    return [each.kind for each in check_samples(folder, remarks)]


def state(folder):
    """Names, kinds, times and contents of everything below a folder."""
    return {
        str(path): (path.lstat().st_mode, path.lstat().st_mtime_ns)
        + ((path.read_bytes(),) if path.is_file() and not path.is_symlink() else ())
        for path in sorted(folder.rglob("*"))
    }


def memory_of(call):
    """How many kB more than before a fresh process needs at most for a call."""
    code = f"""
import resource
import numpy as np
from nsynth_edu.sound import estimate_pitch
from nsynth_edu.studio import check_samples, prepare
estimate_pitch(np.random.default_rng(0).normal(0, 0.1, 64000))
before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
{call}
print(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before)
"""
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    return int(done.stdout)
