"""TensorFlow 1 checkpoints ("bundles"), read without TensorFlow.

An .index file is a sorted table from names to entries (type, shape, place, checksum); .data
files hold the numbers one after another. The table is LevelDB's, the entries are protocol
buffers: of both only what checkpoints use is read here.
"""

import math
import re
from pathlib import Path
from struct import unpack_from
from typing import NamedTuple

import numpy as np

from nsynth_edu.models.checkpoint import CheckpointError

TABLE_MARK = 0xDB4775248B80FB57  # the last 8 bytes of every index
# TensorFlow's number of each type of number, and NumPy's name
NUMBERS = {1: "f4", 2: "f8", 3: "i4", 4: "u1", 5: "i2", 6: "i1", 9: "i8", 10: "?", 19: "f2"}


def read_bundle(prefix):
    """All numbers of a TensorFlow checkpoint by name.

    Args:
        prefix: path without ending, such as "model.ckpt-200000"; the .index or .data file is
            understood, too.

    Returns:
        {name: read-only array}. The arrays are windows into the files: what is not looked at
        is not read. Left out: what is no array of numbers (text, variables kept in parts).

    Raises:
        CheckpointError: if files are missing, cut short or damaged.
    """
    return {name: variable.window() for name, variable in read_variables(prefix).items()}


class Variable(NamedTuple):
    """Where one array of numbers lies."""

    name: str
    dtype: np.dtype
    shape: tuple
    data: np.ndarray  # the whole data file, bytes
    offset: int  # bytes
    checksum: int

    def window(self):
        """The numbers where they lie: nothing is read yet."""
        return np.ndarray(self.shape, self.dtype, self.data, self.offset)

    def read(self):
        """The numbers as float32; CheckpointError if they are not those that were saved."""
        values = self.window()
        if masked_crc32c(values.tobytes()) != self.checksum:
            raise CheckpointError(
                f"the numbers of {self.name} are damaged; download the checkpoint again."
            )
        return values.astype(np.float32)


def read_variables(path):
    """{name: Variable} of a checkpoint; arguments and errors as in `read_bundle`."""
    prefix = re.sub(r"\.(index|meta|data-\d+-of-\d+)$", "", str(path))
    table = dict(_table(_index(prefix)))
    header = dict(_fields(table.pop(b"", b"")))
    shards, order = header.get(1, 1), "<>"[header.get(2, 0)]
    files, variables = {}, {}
    for key, value in table.items():
        entry, name = dict(_fields(value)), key.decode()
        dimensions = [dict(_fields(dim)) for _, dim in _fields(entry.get(2, b""))]
        shape = tuple(dimension.get(1, 0) for dimension in dimensions)
        dtype = np.dtype(order + NUMBERS[entry[1]]) if entry.get(1) in NUMBERS else None
        offset, size, shard = entry.get(4, 0), entry.get(5, 0), entry.get(3, 0)
        if dtype is None or size != dtype.itemsize * math.prod(shape):
            continue  # text, or a variable kept in parts
        if shard not in files:
            files[shard] = _data(Path(f"{prefix}.data-{shard:05d}-of-{shards:05d}"))
        if offset + size > len(files[shard]):
            raise CheckpointError(
                f"data file {shard} of {Path(prefix).name} is cut short: {name} ends at byte "
                f"{offset + size:,}, the file at {len(files[shard]):,}. Download it again."
            )
        variables[name] = Variable(name, dtype, shape, files[shard], offset, entry.get(6, 0))
    return variables


def masked_crc32c(data):
    """CRC-32C of at least 4 bytes, rotated and shifted as TensorFlow stores it.

    The bytes are cut into rows that NumPy works on side by side. The checksum is linear, so 32
    more rows learn what one row of zeros does to each bit: that puts the others together.
    """
    table = np.arange(256, dtype=np.uint32)
    for _ in range(8):
        table = table >> 1 ^ (table & 1) * 0x82F63B78
    rows = math.isqrt(len(data))
    cut = np.zeros((rows + 32, -(-len(data) // rows)), np.uint8)
    message = cut[:rows].reshape(-1)[-len(data) :]  # zeros in front change nothing
    message[:] = np.frombuffer(data, np.uint8)
    message[:4] ^= 255
    state = np.zeros(rows + 32, np.uint32)
    state[rows:] = 1 << np.arange(32, dtype=np.uint32)
    for column in np.ascontiguousarray(cut.T):
        state = table[state.astype(np.uint8) ^ column] ^ (state >> 8)
    crc, moved = 0, state[rows:].tolist()
    for part in state[:rows].tolist():
        for bit in range(32):
            part ^= moved[bit] * (crc >> bit & 1)
        crc = part
    crc ^= 0xFFFFFFFF
    return ((crc >> 15 | crc << 17) + 0xA282EAD8) & 0xFFFFFFFF


def _index(prefix):
    """The path of a checkpoint's index."""
    index, folder = Path(f"{prefix}.index"), Path(prefix)
    if index.is_file():
        return index
    folder = folder if folder.is_dir() else folder.parent
    found = [str(path.with_suffix("")) for path in sorted(folder.glob("*.index"))]
    raise CheckpointError(
        f"there is no checkpoint {prefix}: expected {index.name} and its .data file. "
        + (f"Did you mean {' or '.join(found)}?" if found else f"Nor does {folder} hold another.")
    )


def _data(path):
    """All bytes of a data file, unread."""
    if not path.is_file():
        raise CheckpointError(f"{path.name} is missing beside its .index; download it as well.")
    # an empty file cannot be mapped
    return np.memmap(path, np.uint8, "r") if path.stat().st_size else np.empty(0, np.uint8)


def _table(path):
    """(key, value) pairs of an .index file: blocks, a block that lists them, a footer."""
    content = path.read_bytes()
    if len(content) < 48 or unpack_from("<Q", content, len(content) - 8)[0] != TABLE_MARK:
        raise CheckpointError(
            f"{path.name} is cut short, or no index of a TensorFlow checkpoint; download it again."
        )
    _, _, *listing = _varints(content[-48:], 4)
    for _, handle in _block(content, *listing, path):
        yield from _block(content, *_varints(handle, 2), path)


def _block(content, offset, size, path):
    """(key, value) pairs of one block; each key leaves out what it shares with the one before."""
    end = offset + size
    block, checksum = content[offset : end + 1], content[end + 1 : end + 5]
    if size < 4 or len(checksum) < 4 or masked_crc32c(block) != unpack_from("<I", checksum)[0]:
        raise CheckpointError(f"{path.name} is damaged at byte {offset:,}; download it again.")
    if content[end] != 0:
        raise CheckpointError(
            f"{path.name} is compressed; expected a checkpoint as TensorFlow itself writes it."
        )
    [restarts] = unpack_from("<I", content, end - 4)
    end, key = end - 4 * (restarts + 1), b""
    while offset < end:
        shared, offset = _varint(content, offset)
        fresh, offset = _varint(content, offset)
        length, offset = _varint(content, offset)
        key = key[:shared] + content[offset : offset + fresh]
        offset += fresh + length
        yield key, content[offset - length : offset]


def _fields(message):
    """(field number, value) pairs of a protocol buffer; a value is an int or bytes."""
    at = 0
    while at < len(message):
        tag, at = _varint(message, at)
        number, kind = tag >> 3, tag & 7
        if kind == 0:
            value, at = _varint(message, at)
        elif kind == 2:
            length, at = _varint(message, at)
            value, at = message[at : at + length], at + length
        else:
            length = {1: 8, 5: 4}[kind]
            value, at = int.from_bytes(message[at : at + length], "little"), at + length
        yield number, value


def _varint(data, at):
    """A number in 7-bit pieces, lowest first, and the place after it."""
    value = shift = 0
    while data[at] > 127:
        value |= (data[at] & 127) << shift
        at, shift = at + 1, shift + 7
    return value | data[at] << shift, at + 1


def _varints(data, count):
    """The first numbers of a run of varints."""
    at, values = 0, []
    for _ in range(count):
        value, at = _varint(data, at)
        values.append(value)
    return values
