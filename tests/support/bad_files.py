"""Broken and hostile files in the place of a sample, and the kinds of problem that they are."""

import os
import socket
import struct

import numpy as np
import soundfile
from samples import LENGTH, RATE, pcm, tone, wav

CONTENTS = {
    "empty": lambda: b"",
    "text": lambda: b"this is no sound at all" * 9,
    "short riff": lambda: b"RIFF\x04\0\0\0WAVE",
    "cut in format": lambda: wav(pcm(tone(24)))[:30],
    "ogg mark": lambda: b"OggS" + bytes(500),
    "mp4": lambda: b"\0\0\0\x18ftypM4A " + bytes(500),
    "webm": lambda: b"\x1aE\xdf\xa3" + bytes(500),
    "rf64": lambda: b"RF64" + wav(pcm(tone(24)))[4:],
    "big endian": lambda: b"RIFX" + wav(pcm(tone(24)))[4:],
    "zip": lambda: b"PK\x03\x04" + bytes(500),
    "data before format": lambda: b"RIFF\0\0\0\0WAVEdata" + struct.pack("<I", 9) + bytes(9),
    "no channels": lambda: wav(pcm(tone(24)), channels=0),
    "no bits": lambda: wav(pcm(tone(24)), bits=0),
    "frame lies": lambda: wav(pcm(tone(24))).replace(
        struct.pack("<HH", 2, 16), struct.pack("<HH", 4, 16)
    ),
    "data size huge": lambda: wav(pcm(tone(24)), promised=0xFFFFFFFF),
    "data size stream": lambda: wav(pcm(tone(24)), promised=0x7FFFF000),
    "cut short": lambda: wav(pcm(tone(24)))[: 44 + 59956],
    "size zero": lambda: wav(pcm(tone(24)), promised=0),
    "format chunk huge": lambda: wav(pcm(tone(24))).replace(
        b"fmt \x10\0\0\0", b"fmt \xff\xff\xff\xff"
    ),
    "44.1 kHz": lambda: wav(pcm(tone(24, rate=44100))[: 2 * LENGTH], rate=44100),
    "rate zero": lambda: wav(pcm(tone(24)), rate=0),
    "rate huge": lambda: wav(pcm(tone(24)), rate=0xFFFFFFFF),
    "stereo": lambda: wav(pcm(np.repeat(tone(24), 2)), channels=2),
    "32,767 channels": lambda: wav(bytes(2 * 65534), channels=32767),
    "8 bit": lambda: wav((128 + 100 * tone(24)).astype("u1").tobytes(), bits=8),
    "24 bit": lambda: wav(bytes(3 * LENGTH), bits=24),
    "32 bit": lambda: wav((tone(24) * 2**30).astype("<i4").tobytes(), bits=32),
    "float32": lambda: wav(tone(24).astype("<f4").tobytes(), bits=32, tag=3),
    "float64": lambda: wav(tone(24).astype("<f8").tobytes(), bits=64, tag=3),
    "mu-law": lambda: wav(bytes(LENGTH), bits=8, tag=7),
    "nan": lambda: wav(np.full(LENGTH, np.nan, "<f4").tobytes(), bits=32, tag=3),
    "one infinity": lambda: wav(
        np.r_[np.inf, tone(24)[1:]].astype("<f8").tobytes(), bits=64, tag=3
    ),
    "63,999": lambda: wav(pcm(tone(24))[:-2]),
    "64,001": lambda: wav(pcm(tone(24)) + b"\0\0"),
    "no samples": lambda: wav(b""),
    "silent": lambda: wav(bytes(2 * LENGTH)),
    "nearly silent": lambda: wav(pcm(np.random.default_rng(0).normal(0, 1e-4, LENGTH))),
    "quiet": lambda: wav(pcm(0.02 * tone(24))),
    "clipped": lambda: wav(pcm(np.clip(8 * tone(24), -1, 1))),
    "offset": lambda: wav(pcm(0.6 * tone(24) + 0.2)),
    "offset only": lambda: wav(pcm(np.full(LENGTH, 0.5))),
    "late": lambda: wav(pcm(np.r_[np.zeros(8000), tone(24)[:56000]])),
    "late in noise": lambda: wav(
        pcm(
            np.r_[np.zeros(16000), tone(24)[:48000]]
            + np.random.default_rng(0).normal(0, 0.002, LENGTH)
        )
    ),
    "large": lambda: wav(pcm(tone(24, 40))),
    "large noise": lambda: b"noise" * 300_000,
}


def make(case, path, elsewhere):
    """Put one bad thing at a path."""
    if case == "flac":
        soundfile.write(path, tone(24), RATE, format="FLAC")
    elif case == "adpcm":
        soundfile.write(path, tone(24), RATE, format="WAV", subtype="IMA_ADPCM")
    elif case == "samples behind a mountain":
        whole = wav(pcm(tone(24)))
        path.write_bytes(
            whole[:12] + b"LIST" + struct.pack("<I", 2 << 20) + bytes(2 << 20) + whole[12:]
        )
    elif case == "sparse":
        with path.open("wb") as file:
            file.truncate(5 << 30)
    elif case == "link":
        path.symlink_to(elsewhere)
    elif case == "link to nothing":
        path.symlink_to(elsewhere / "nothing")
    elif case == "link to itself":
        path.symlink_to(path)
    elif case == "link to a device":
        path.symlink_to("/dev/zero")
    elif case == "hard link":
        os.link(elsewhere / "secret.wav", path)
    elif case == "folder":
        path.mkdir()
    elif case == "pipe":
        os.mkfifo(path)
    elif case == "socket":
        here = os.getcwd()
        os.chdir(path.parent)  # a socket's path may have about 100 characters
        with socket.socket(socket.AF_UNIX) as server:
            server.bind(path.name)
        os.chdir(here)
    else:
        path.write_bytes(CONTENTS[case]())


HOSTILE = {
    "empty": ["empty"], "text": ["not_wav"], "short riff": ["header"], "cut in format": ["header"],
    "flac": ["not_wav"], "ogg mark": ["not_wav"], "mp4": ["not_wav"], "webm": ["not_wav"],
    "rf64": ["not_wav"], "big endian": ["not_wav"], "zip": ["not_wav"],
    "data before format": ["header"], "no channels": ["header"], "no bits": ["header"],
    "frame lies": ["header"], "data size huge": ["header"], "data size stream": ["header"],
    "cut short": ["header"], "size zero": ["length"], "format chunk huge": ["header"],
    "44.1 kHz": ["rate"], "rate zero": ["rate"], "rate huge": ["rate"], "stereo": ["channels"],
    "32,767 channels": ["channels", "length", "silence"], "8 bit": ["width"], "24 bit": ["width"],
    "32 bit": ["width"], "float32": ["width"], "float64": ["width"], "mu-law": ["width"],
    "adpcm": ["width"], "nan": ["width", "nan"], "one infinity": ["width", "nan"],
    "63,999": ["length"], "64,001": ["length"], "no samples": ["length"], "silent": ["silence"],
    "nearly silent": ["silence"], "quiet": ["quiet"], "clipped": ["clipped"], "offset": ["offset"],
    "offset only": ["offset"], "late": ["late"], "late in noise": ["late"],
    "large": ["large", "length"], "large noise": ["large"], "samples behind a mountain": ["large"],
    "sparse": ["large"], "link": ["link"], "link to nothing": ["link"],
    "link to itself": ["link"], "link to a device": ["link"], "hard link": ["hard_link"],
    "folder": ["not_a_file"], "pipe": ["not_a_file"], "socket": ["not_a_file"],
}  # fmt: skip
