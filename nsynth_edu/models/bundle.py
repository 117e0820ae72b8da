"""TensorFlow 1 checkpoints ("bundles"), read without TensorFlow.

An .index file is a sorted table from names to entries (type, shape, offset, checksum); .data
files hold the numbers one after another. The table has LevelDB's format and the entries are
protocol buffers; this reader covers only what checkpoints use of either.
"""

import math
import re
from pathlib import Path
from struct import unpack_from
from typing import NamedTuple

import numpy as np
from numba import njit

from nsynth_edu.models.checkpoint import CheckpointError
from nsynth_edu.sound.bounds import DAMAGE

LONGEST_NAME = 1000  # bytes; a name shares its start with the one before, which costs no bytes
TABLE_MAGIC = 0xDB4775248B80FB57  # the last 8 bytes of every index
# TensorFlow's DataType -> NumPy's name
DTYPES = {1: "f4", 2: "f8", 3: "i4", 4: "u1", 5: "i2", 6: "i1", 9: "i8", 10: "?", 19: "f2"}


def read_bundle(prefix):
    """Read all variables of a TensorFlow checkpoint, by name.

    Args:
        prefix: path without suffix, such as "model.ckpt-200000"; the path of the .index or .data
            file works as well.

    Returns:
        {name: read-only array}. The arrays are memory-mapped: only what is used is read. Strings
        and partitioned variables are skipped.

    Raises:
        CheckpointError: if files are missing, truncated or damaged.
    """
    return {name: variable.map() for name, variable in read_variables(prefix).items()}


class Variable(NamedTuple):
    """Where one array is stored."""

    name: str
    dtype: np.dtype
    shape: tuple
    data: np.ndarray  # uint8, the whole data file
    offset: int  # bytes
    checksum: int

    def map(self):
        """Map the array into memory without reading it."""
        return np.ndarray(self.shape, self.dtype, self.data, self.offset)

    def read(self):
        """Read the array as float32.

        Raises:
            CheckpointError: if its checksum does not match.
        """
        values = self.map()
        if masked_crc32c(self.data[self.offset : self.offset + values.nbytes]) != self.checksum:
            raise CheckpointError(f"{self.name} is damaged; download the checkpoint again.")
        return values.astype(np.float32)


def read_variables(path):
    """Find all variables of a checkpoint, {name: Variable}; see `read_bundle`."""
    prefix = re.sub(r"\.(index|meta|data-\d+-of-\d+)$", "", str(path))
    index = _index(prefix)
    try:
        return _variables(prefix, dict(_table(index)))
    except CheckpointError:
        raise
    except DAMAGE as problem:
        raise CheckpointError(
            f"{index.name} is damaged ({problem!r}); download it again."
        ) from problem


def _variables(prefix, table):
    """{name: Variable} of the entries of an .index file."""
    header = dict(_fields(table.pop(b"", b"")))
    shards, order = header.get(1, 1), "<>"[header.get(2, 0)]
    files, variables = {}, {}
    for key, value in table.items():
        entry, name = dict(_fields(value)), key.decode()
        dimensions = [dict(_fields(dim)) for _, dim in _fields(entry.get(2, b""))]
        shape = tuple(dimension.get(1, 0) for dimension in dimensions)
        dtype = np.dtype(order + DTYPES[entry[1]]) if entry.get(1) in DTYPES else None
        offset, size, shard = entry.get(4, 0), entry.get(5, 0), entry.get(3, 0)
        if dtype is None or size != dtype.itemsize * math.prod(shape):
            continue  # a string, or a partitioned variable
        if shard not in files:
            files[shard] = _map_file(Path(f"{prefix}.data-{shard:05d}-of-{shards:05d}"))
        if offset + size > len(files[shard]):
            raise CheckpointError(
                f"data file {shard} of {Path(prefix).name} is truncated: {name} ends at byte "
                f"{offset + size:,}, the file at {len(files[shard]):,}. Download it again."
            )
        variables[name] = Variable(name, dtype, shape, files[shard], offset, entry.get(6, 0))
    return variables


def masked_crc32c(data):
    """The checksum that TensorFlow stores: CRC-32C, rotated by 15 bits, plus a constant.

    Args:
        data: bytes, or another buffer.

    Returns:
        int, 32 bits.

    Source: tensorflow/tsl/lib/hash/crc32c.h.
    """
    crc = int(_crc32c(np.frombuffer(data, np.uint8), _crc_table()))
    return ((crc >> 15 | crc << 17) + 0xA282EAD8) & 0xFFFFFFFF


@njit(cache=True)
def _crc32c(data, table):
    crc = np.uint32(0xFFFFFFFF)
    for byte in data:
        crc = table[np.uint8(crc) ^ byte] ^ (crc >> np.uint32(8))
    return crc ^ np.uint32(0xFFFFFFFF)


def _crc_table():
    """(256,) uint32: what each byte adds, with Castagnoli's polynomial, lowest bit first."""
    table = np.arange(256, dtype=np.uint32)
    for _ in range(8):
        table = table >> 1 ^ (table & 1) * np.uint32(0x82F63B78)
    return table


def _index(prefix):
    """The path of a checkpoint's .index file."""
    index, folder = Path(f"{prefix}.index"), Path(prefix)
    if index.is_file():
        return index
    folder = folder if folder.is_dir() else folder.parent
    found = [str(path.with_suffix("")) for path in sorted(folder.glob("*.index"))]
    raise CheckpointError(
        f"there is no checkpoint {prefix}: expected {index.name} and its .data file. "
        + (f"Did you mean {' or '.join(found)}?" if found else f"{folder} holds no other one.")
    )


def _map_file(path):
    """The bytes of a data file, memory-mapped."""
    if not path.is_file():
        raise CheckpointError(f"{path.name} is missing; download it next to its .index file.")
    # an empty file cannot be mapped
    return np.memmap(path, np.uint8, "r") if path.stat().st_size else np.empty(0, np.uint8)


def _table(path):
    """(key, value) pairs of an .index file: data blocks, an index block, a footer."""
    content = path.read_bytes()
    if len(content) < 48 or unpack_from("<Q", content, len(content) - 8)[0] != TABLE_MAGIC:
        raise CheckpointError(
            f"{path.name} is truncated or is not the index of a TensorFlow checkpoint; download it "
            "again."
        )
    _, _, *listing = _varints(content[-48:], 4)
    for _, handle in _block(content, *listing, path):
        yield from _block(content, *_varints(handle, 2), path)


def _block(content, offset, size, path):
    """(key, value) pairs of one block; keys are prefix-compressed against their predecessors."""
    end = offset + size
    block, checksum = content[offset : end + 1], content[end + 1 : end + 5]
    if size < 4 or len(checksum) < 4 or masked_crc32c(block) != unpack_from("<I", checksum)[0]:
        raise CheckpointError(f"{path.name} is damaged at byte {offset:,}; download it again.")
    if content[end] != 0:
        raise CheckpointError(
            f"{path.name} is compressed; expected an uncompressed index, as TensorFlow writes it."
        )
    [restarts] = unpack_from("<I", content, end - 4)
    end, key = end - 4 * (restarts + 1), b""
    while offset < end:
        shared, offset = _varint(content, offset)
        unshared, offset = _varint(content, offset)
        length, offset = _varint(content, offset)
        if shared + unshared > LONGEST_NAME:
            raise ValueError(f"a name of {shared + unshared:,} bytes")
        key = key[:shared] + content[offset : offset + unshared]
        offset += unshared + length
        yield key, content[offset - length : offset]


def _fields(message):
    """(field number, value) pairs of a protocol buffer message; a value is an int or bytes."""
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
    """Decode one varint: its value, and the offset after it."""
    value = shift = 0
    while data[at] > 127:
        if shift > 63:
            raise ValueError("a number of more than 10 bytes")
        value |= (data[at] & 127) << shift
        at, shift = at + 1, shift + 7
    return value | data[at] << shift, at + 1


def _varints(data, count):
    """Decode `count` varints in a row."""
    at, values = 0, []
    for _ in range(count):
        value, at = _varint(data, at)
        values.append(value)
    return values
