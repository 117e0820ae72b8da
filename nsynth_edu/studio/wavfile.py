"""Read WAV files from untrusted sources: no links, a limit on size, no trust in the header.

A general sound library is too lenient here: it reads a truncated file without a warning, and opens
whatever a link points to.
"""

import os
import stat
import struct
from dataclasses import dataclass

import numpy as np

from nsynth_edu.sound.audio import not_a_sound
from nsynth_edu.sound.pcm import from_int16

LARGEST = 1 << 20  # bytes that are read of one file at most; a valid sample has 128,044
PCM, FLOAT, EXTENSIBLE = 1, 3, 0xFFFE  # format tags
ENCODINGS = {PCM: "PCM", FLOAT: "float", 6: "A-law", 7: "mu-law", 0x11: "ADPCM", 0x55: "MP3"}
_GUID_END = bytes.fromhex("000000001000800000aa00389b71")  # after the tag, if extensible
_OTHER_FORMATS = {
    b"fLaC": "a FLAC file", b"OggS": "an OGG file", b"ID3": "an MP3 file",
    b"\xff\xfb": "an MP3 file", b"FORM": "an AIFF file", b"caff": "a CAF file",
    b"RF64": "an RF64 file", b"RIFX": "a RIFX file", b"PK": "a zip archive",
    b"\x1aE\xdf\xa3": "a WebM file", b"ftyp": "an MP4 or M4A file",
}  # fmt: skip


class RefusedError(ValueError):
    """A file is refused.

    Args:
        kind: one of `samples.KINDS`.
        reason: the words that follow the file's name in a sentence.
        remedy: what to do, a sentence without a full stop; "" = what helps with this kind.
    """

    def __init__(self, kind, reason, remedy=""):
        super().__init__(reason)
        self.kind, self.remedy = kind, remedy


@dataclass(frozen=True)
class WavFile:
    """Format and samples of a WAV file."""

    encoding: str  # PCM, float, mu-law, ...
    bits: int  # per sample
    channels: int
    sample_rate: int  # Hz
    promised: int  # samples per channel according to the header (blocks, if not PCM or float)
    present: int  # samples per channel according to the size of the file
    size: int  # bytes of the file
    data: bytes  # the samples, as far as they were read; incomplete if size exceeds LARGEST

    def samples(self):
        """The sound, float32 (time, channels) in [-1, 1]; None if neither 16-bit PCM nor float."""
        if (self.encoding, self.bits) == ("PCM", 16):
            pcm = self.pcm()
            return None if pcm is None else from_int16(pcm)
        kind = {("float", 32): "<f4", ("float", 64): "<f8"}.get((self.encoding, self.bits))
        if kind is None or self.size > LARGEST:
            return None
        with np.errstate(over="ignore", invalid="ignore"):  # a float64 may be beyond any float32
            return self._rows(kind).astype(np.float32)

    def pcm(self):
        """The samples as they are in the file, int16 (time, channels); None if not 16-bit PCM."""
        if (self.encoding, self.bits) != ("PCM", 16) or self.size > LARGEST:
            return None
        return self._rows("<i2")

    def _rows(self, kind):
        numbers = np.frombuffer(self.data, kind, self.present * self.channels)
        return numbers.reshape(-1, self.channels)


def read_wav(path):
    """Read one file from an untrusted source.

    Args:
        path: of the file; only a regular file is opened, never the target of a link.

    Returns:
        `WavFile`. At most `LARGEST` bytes are read, whatever the size of the file.

    Raises:
        RefusedError: with the kind link, hard_link, not_a_file, unreadable, empty, large, not_wav
            or header, and a reason that begins with a verb ("is a link").
    """
    data, size = read_within_bounds(path)
    if size == 0:
        raise RefusedError("empty", "is empty (0 bytes)")
    if data[:4] != b"RIFF" or data[8:12] != b"WAVE":
        if size > LARGEST:
            raise RefusedError("large", f"has {size:,} bytes and does not begin as WAV files do")
        marks = [mark for mark in _OTHER_FORMATS if data.startswith(mark) or data[4:8] == mark]
        found = f"begins as {_OTHER_FORMATS[marks[0]]} does" if marks else "is not a WAV file"
        remedy = "Record it, or download it again" if (other := not_a_sound(data[:512])) else ""
        found = f"is {other}" if other else found
        raise RefusedError("not_wav", f"{found}, although its name ends in .wav", remedy)
    return _parse(data, size)


def read_within_bounds(path):
    """The first LARGEST bytes of a regular file, and its size.

    Raises:
        RefusedError: for a link, a second name of a file, or what is no file or cannot be read.
    """
    try:
        before = os.lstat(path)
        if stat.S_ISLNK(before.st_mode):
            raise RefusedError("link", "is a link to another place, which is not followed")
        # do not block on a pipe, nor follow a link that has just replaced the file
        flags = [getattr(os, name, 0) for name in ("O_NOFOLLOW", "O_NONBLOCK", "O_BINARY")]
        if not stat.S_ISREG(before.st_mode):
            raise RefusedError("not_a_file", f"is {_kind_of(before.st_mode)}, not a file")
        with open(os.open(path, os.O_RDONLY | sum(flags)), "rb") as file:
            now = os.fstat(file.fileno())
            if not stat.S_ISREG(now.st_mode):
                raise RefusedError("not_a_file", f"is {_kind_of(now.st_mode)}, not a file")
            if now.st_nlink > 1:
                raise RefusedError("hard_link", f"is one of {now.st_nlink} names of the same file")
            data = file.read(LARGEST)
            return data, max(now.st_size, len(data))
    except OSError as problem:
        raise RefusedError("unreadable", f"cannot be read ({problem.strerror})") from problem


def _kind_of(mode):
    kinds = {stat.S_IFDIR: "a folder", stat.S_IFIFO: "a pipe", stat.S_IFSOCK: "a socket"}
    return kinds.get(stat.S_IFMT(mode), "a device")


def _parse(data, size):
    """Walk through the chunks up to the samples."""
    form, place = None, 12
    while place + 8 <= len(data):
        name, length = struct.unpack_from("<4sI", data, place)
        place += 8
        if name == b"fmt " and form is None:
            form = _parse_format(data[place : place + min(length, 40)])
        elif name == b"data":
            if form is None:
                break
            encoding, bits, channels, rate, frame = form
            present = max(0, min(length, size - place)) // frame
            return WavFile(
                encoding, bits, channels, rate, length // frame, present, size, data[place:]
            )
        place += length + length % 2
    if size > LARGEST:
        raise RefusedError("large", f"has {size:,} bytes, and no samples in the first {LARGEST:,}")
    raise RefusedError("header", "has a damaged header: it does not describe its samples")


def _parse_format(chunk):
    if len(chunk) < 16:
        raise RefusedError("header", f"has a damaged header: a format chunk of {len(chunk)} bytes")
    tag, channels, rate, _, frame, bits = struct.unpack_from("<HHIIHH", chunk)
    if tag == EXTENSIBLE and len(chunk) == 40 and chunk[26:] == _GUID_END:
        tag = struct.unpack_from("<H", chunk, 24)[0]
    uncompressed = tag in (PCM, FLOAT)  # others pack their samples in blocks
    if not channels or not frame or uncompressed and frame * 8 != channels * bits:
        raise RefusedError(
            "header",
            f"has a damaged header: {channels} channels of {bits} bits in {frame} bytes",
        )
    return ENCODINGS.get(tag, f"encoding {tag}"), bits, channels, rate, frame
