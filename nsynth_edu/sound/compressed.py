"""Recordings of phones and browsers, which libsndfile does not read: m4a, mp4, 3gp, webm, aac."""

import numpy as np

from nsynth_edu.sound.bounds import DAMAGE, LONGEST_SOUND, MOST_SAMPLES

RATE = 48_000  # of the result, samples per second
# how a file begins, from which byte -> FFmpeg's name: no other of its many formats is tried, some
# of which open further files or addresses
KINDS = {
    (b"ftyp", 4): "mp4",
    (b"\x1aE\xdf\xa3", 0): "matroska",
    (b"OggS", 0): "ogg",
    (b"\xff\xf1", 0): "aac",
    (b"\xff\xf9", 0): "aac",
    (b"#!AMR", 0): "amr",
}


class CompressedError(ValueError):
    """A recording that cannot be decoded; the message is a reason."""


def kind_of(start):
    """FFmpeg's name of a format, by the first bytes of a file; "" for others."""
    found = (kind for (sign, at), kind in KINDS.items() if start[at : at + len(sign)] == sign)
    return next(found, "")


def decode(file, longest=LONGEST_SOUND):
    """Decode the sound of a compressed recording.

    Args:
        file: binary file, open for reading, of one of `KINDS`.
        longest: s; at most so much is decoded, and a little more to tell that there is more.

    Returns:
        float32 (time, channels) at 48 kHz, empty where there is no sound; s that the recording
        lasts, 0 where it does not say.

    Raises:
        CompressedError: where the format is another, or the content is damaged.
    """
    import av  # here, as most sounds are read without

    kind = kind_of(file.read(16))
    file.seek(0)
    if not kind:
        raise CompressedError("its format is not known")
    try:
        with av.open(file, format=kind) as container:
            if not container.streams.audio:
                raise CompressedError("it holds no sound")
            blocks = list(_blocks(container, longest))
            seconds = (container.duration or 0) / 1e6
    except CompressedError:
        raise
    except (av.FFmpegError, *DAMAGE) as problem:
        raise CompressedError(" ".join(str(problem).split())) from problem
    return np.concatenate(blocks or [np.zeros((1, 0), np.float32)], axis=1).T, seconds


def _blocks(container, longest):
    """Blocks (channels, time) at 48 kHz, a frame beyond `longest` at most."""
    import av

    resampler, seconds = av.AudioResampler(format="fltp", rate=RATE), 0.0
    for frame in container.decode(audio=0):
        seconds += frame.samples / frame.sample_rate
        if (most := seconds * RATE * len(frame.layout.channels)) > MOST_SAMPLES:
            raise CompressedError(f"{most:,.0f} samples so far; at most {MOST_SAMPLES:,} are read")
        for part in resampler.resample(frame):
            yield part.to_ndarray()
        if seconds > longest:
            return
    for part in resampler.resample(None):
        yield part.to_ndarray()
