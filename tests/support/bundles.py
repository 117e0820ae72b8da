"""TensorFlow checkpoints, written byte by byte as TensorFlow does."""

import struct
from functools import cache
from pathlib import Path

INDEX, DATA = ".index", ".data-00000-of-00001"
TYPES = {"float32": 1, "float64": 2, "int32": 3, "int64": 9, "float16": 19}


@cache
def crc_table():
    table = list(range(256))
    for _ in range(8):
        table = [crc >> 1 ^ 0x82F63B78 * (crc & 1) for crc in table]
    return table


@cache  # the same weights are written again and again
def slow_crc32c(data):
    """Byte by byte, as the standard says; then masked as TensorFlow does."""
    crc, table = 0xFFFFFFFF, crc_table()
    for byte in data:
        crc = crc >> 8 ^ table[crc & 255 ^ byte]
    crc ^= 0xFFFFFFFF
    return ((crc >> 15 | crc << 17) + 0xA282EAD8) % 2**32


def varint(number):
    pieces = [number >> shift & 127 for shift in range(0, max(number.bit_length(), 1), 7)]
    return bytes([piece | 128 for piece in pieces[:-1]] + pieces[-1:])


def field(number, value):
    """A field of a protocol buffer; as in TensorFlow, a zero is not written."""
    if isinstance(value, bytes):
        return varint(number << 3 | 2) + varint(len(value)) + value
    return varint(number << 3) + varint(value) if value else b""


def block(pairs):
    """Keys without what they share with the one before, but for every 16th."""
    content, restarts, last = b"", [], b""
    for i, (key, value) in enumerate(pairs):
        shared = 0
        if i % 16 == 0:
            restarts.append(len(content))
        else:
            while shared < min(len(key), len(last)) and key[shared] == last[shared]:
                shared += 1
        content += varint(shared) + varint(len(key) - shared) + varint(len(value))
        content += key[shared:] + value
        last = key
    restarts = restarts or [0]
    content += struct.pack(f"<{len(restarts) + 1}I", *restarts, len(restarts)) + b"\0"
    return content + struct.pack("<I", slow_crc32c(content))


def write_index(prefix, table, keys_per_block=50, compressed=False):
    pairs, content, listing = sorted(table.items()), b"", []
    for first in range(0, len(pairs), keys_per_block):
        part = pairs[first : first + keys_per_block]
        written = block(part)
        if compressed:
            written = written[:-5] + b"\1"
            written += struct.pack("<I", slow_crc32c(written))
        listing.append((part[-1][0], varint(len(content)) + varint(len(written) - 5)))
        content += written
    handles = b""
    for written in (block([]), block(listing)):
        handles += varint(len(content)) + varint(len(written) - 5)
        content += written
    mark = bytes.fromhex("57fb808b247547db")
    Path(f"{prefix}{INDEX}").write_bytes(content + handles.ljust(40, b"\0") + mark)


def write_bundle(prefix, arrays, shards=1, order="<", **options):
    """A checkpoint of these arrays (bytes are text), dealt to so many data files."""
    table = {b"": field(1, shards) + field(2, int(order == ">")) + field(3, field(1, 1))}
    data = [b""] * shards
    for i, (name, array) in enumerate(sorted(arrays.items())):
        shard, shape, kind = i % shards, b"", 7  # text
        content = array
        if not isinstance(array, bytes):
            kind = TYPES[str(array.dtype)]
            shape = b"".join(field(2, field(1, size)) for size in array.shape)
            content = array.astype(array.dtype.newbyteorder(order)).tobytes()
        table[name.encode()] = (
            field(1, kind) + field(2, shape) + field(3, shard) + field(4, len(data[shard]))
            + field(5, len(content)) + b"\x35" + struct.pack("<I", slow_crc32c(content))
        )  # fmt: skip
        data[shard] += content
    for shard, content in enumerate(data):
        Path(f"{prefix}.data-{shard:05d}-of-{shards:05d}").write_bytes(content)
    write_index(prefix, table, **options)
