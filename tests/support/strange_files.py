"""Files from strangers: small ones that ask for much memory, and damaged ones."""

import io
import json
import os
import struct
import zipfile
from dataclasses import asdict
from fractions import Fraction
from pathlib import Path

import av
import numpy as np
import soundfile
import torch
from bundles import field, varint, write_bundle, write_index
from safetensors.torch import save_file
from samples import wav

from nsynth_edu.models import NSynthConfig, WaveNet, WaveNetConfig
from nsynth_edu.models.bundle import read_bundle

TINY_BUNDLE = Path(__file__).parents[1] / "data" / "nsynth_random_tiny.ckpt-0"
DEEP = "[" * 100_000 + "]" * 100_000  # more than a parser that calls itself can stand


def write_all(folder):
    """Write every file into a folder; the tests name them."""
    for write in (_models, _bundles, _encodings, _planes, _recordings):
        write(folder)
    return folder


# --- models -----------------------------------------------------------------------------------


def _models(folder):
    wide = {"residual_channels": 30_000, "skip_channels": 30_000, "layers": 1}
    for name, config in {
        "layers": {"layers": 10**8},
        "encoder_layers": {"encoder_layers": 10**8},
        "long_numbers": {"layers": 10**5, "cycle": 10**5},
        "cycle": {"layers": 1000, "cycle": 1000},
        "channels": wide,
        "taps": {"kernel_size": 10**9},
        "hop": {"hop_length": 10**12},
        "not_a_number": {"layers": [3]},
    }.items():
        about = {"version": 1, "class": "WaveNetAutoencoder"}
        about["config"] = asdict(NSynthConfig.pocket()) | config
        _model(folder / f"{name}.safetensors", json.dumps(about))
    _model(folder / "deep.safetensors", DEEP)
    _half_bytes(folder / "half_bytes.safetensors")


def _model(path, about):
    save_file({"weight": torch.zeros(2)}, path, {"format": "nsynth-edu", "about": about})


def _half_bytes(path):
    """A model in a type of which torch packs two numbers into a byte."""
    config = WaveNetConfig(1, 1, 2, 2, kernel_size=1, first_kernel_size=1)
    about = {"version": 1, "class": "WaveNet", "config": asdict(config)}
    header = {"__metadata__": {"format": "nsynth-edu", "about": json.dumps(about)}}
    size = 0
    for name, weight in WaveNet(config).state_dict().items():
        place = [size, size := size + weight.numel() // 2]
        header[name] = {"dtype": "F4", "shape": list(weight.shape), "data_offsets": place}
    text = json.dumps(header).encode()
    path.write_bytes(struct.pack("<Q", len(text)) + text + bytes(size))


def _bundles(folder):
    tiny = dict(read_bundle(TINY_BUNDLE))
    write_bundle(folder / "deep_net", tiny | {"res_100000000/W": np.zeros(1, "f4")})
    write_bundle(folder / "wide_net", tiny | {"startconv/W": np.zeros((1, 3, 1, 100_000), "f4")})
    header = field(1, 1) + field(3, field(1, 1))
    for name, table in {
        "byte_order": {b"": header + field(2, 7)},
        "wire_type": {b"": header, b"w": varint(1 << 3 | 3)},
        "cut_varint": {b"": header, b"w": b"\x08\xff"},
        "long_name": {b"": header, b"w" * 2000: field(1, 1)},
        "long_varint": {b"": header, b"w": b"\x08" + b"\xff" * 2000 + b"\x01"},
        "shards_of_text": {b"": field(1, b"many"), b"w": field(1, 1) + field(5, 4)},
    }.items():
        write_index(folder / name, table)


# --- encodings --------------------------------------------------------------------------------


def _encodings(folder):
    for name, z, hop in [
        ("zeros", np.zeros((25_000_000, 16), np.uint8), 512),
        ("long", np.zeros((200_000, 16), np.float32), 512),
        ("hop", np.zeros((4, 16), np.float32), 10**15),
        ("no_hop", np.zeros((4, 16), np.float32), -512),
        ("no_channels", np.zeros((2**40, 0), np.float32), 512),
    ]:
        _zip(folder / f"{name}.npz", npy(z), hop)
    claim = {"descr": "<f4", "fortran_order": False, "shape": (2**40, 16)}  # 64 TB
    file = io.BytesIO()
    np.lib.format.write_array_header_1_0(file, claim)
    _zip(folder / "claim.npz", file.getvalue())
    _zip(folder / "text.npz", b"not an array")
    _zip(folder / "packed.npz", npy(np.zeros((4, 16))), kind=zipfile.ZIP_LZMA)
    whole = (folder / "packed.npz").read_bytes()
    (folder / "packed.npz").write_bytes(whole[:60] + b"\xff" * 20 + whole[80:])


def npy(array):
    file = io.BytesIO()
    np.save(file, array)
    return file.getvalue()


def _zip(path, z, hop=512, kind=zipfile.ZIP_DEFLATED):
    with zipfile.ZipFile(path, "w", kind, compresslevel=1) as file:
        file.writestr("z.npy", z)
        for name, value in (("pitch", 60.0), ("sample_rate", 16_000), ("hop_length", hop)):
            file.writestr(f"{name}.npy", npy(value))


# --- lines and pads ---------------------------------------------------------------------------


def _planes(folder):
    elsewhere = folder / "elsewhere.flac"
    silence(elsewhere, 9000, 16_000)
    fine = {"notes": [60], "rows": 1, "columns": 1, "samples": 16_000, "corners": ["a", "b"]}
    for name, change in {
        "endless": {"rows": 10**9, "columns": 10**9, "apart": True},
        "long_pad": {"rows": 1000, "columns": 1000},
        "path": {"notes": [str(elsewhere.with_suffix(""))]},
        "fraction": {"notes": [60.5]},
        "negative": {"rows": -1, "columns": -1},
        "yes": {"rows": True},
        "no_names": {"corners": 7},
        "list": None,
    }.items():
        (folder / name).mkdir()
        text = json.dumps([] if change is None else fine | change)
        (folder / name / "plane.json").write_text(text)
        for note in (60, 60.5):
            soundfile.write(folder / name / f"{note}.flac", np.zeros(16_000), 16_000)
    (folder / "deep").mkdir()
    (folder / "deep" / "plane.json").write_text(DEEP)
    (folder / "hours").mkdir()
    (folder / "hours" / "plane.json").write_text(json.dumps(fine))
    (folder / "hours" / "60.flac").symlink_to(elsewhere)


# --- recordings -------------------------------------------------------------------------------


def _recordings(folder):
    silence(folder / "wide.wav", 31, 655_350, channels=8)
    (folder / "hours.webm").write_bytes(webm(700))
    (folder / "slow.wav").write_bytes(wav(bytes(2 * 7200), rate=1))  # two hours


def silence(path, seconds, rate, channels=1):
    """Zeros that take no room on the disk, whatever the file's name says."""
    size = 2 * seconds * rate * channels
    path.write_bytes(wav(b"", rate, channels, promised=size))
    os.truncate(path, path.stat().st_size + size)


def webm(seconds):
    """Opus packets of 20 ms, all the same."""
    file = io.BytesIO()
    with av.open(file, "w", format="webm") as container:
        stream = container.add_stream("libopus", rate=48_000, layout="mono")
        frame = av.AudioFrame.from_ndarray(np.zeros((1, 9600), "f4"), "fltp", "mono")
        frame.sample_rate = 48_000
        content = bytes(stream.encode(frame)[3])
        for number in range(50 * seconds):
            packet = av.Packet(content)
            packet.stream, packet.time_base = stream, Fraction(1, 48_000)
            packet.pts = packet.dts = 960 * number
            packet.duration = 960
            container.mux(packet)
    return file.getvalue()
