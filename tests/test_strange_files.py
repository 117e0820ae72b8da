"""Files from strangers: none takes much memory or time, each is refused in a sentence."""

import json
import re
import subprocess
import sys
from pathlib import Path

import pytest
from strange_files import TINY_BUNDLE, write_all

BOUND = 1_000_000  # kB above what the process needs anyway
LIMIT = (
    4_000_000_000  # bytes of addresses: a file that gets through must not take the machine along
)

# call, file, and words of the sentence
REFUSED = [
    # models
    ("load_model", "layers.safetensors", "layers is 100000000; expected 0 to"),
    ("load_model", "encoder_layers.safetensors", "encoder_layers is 100000000; expected 0 to"),
    ("load_model", "long_numbers.safetensors", "layers is 100000; expected 0 to"),
    ("load_model", "cycle.safetensors", "cycle is 1000; expected 0 to"),
    ("load_model", "channels.safetensors", "weights; expected at most"),
    ("load_model", "taps.safetensors", "kernel_size is 1000000000; expected 0 to"),
    ("load_model", "hop.safetensors", "hop_length is 1000000000000; expected 0 to"),
    ("load_model", "not_a_number.safetensors", "layers is .3,.; expected 0 to"),
    ("load_model", "deep.safetensors", "metadata in deep.safetensors is damaged .Recursion"),
    ("load_model", "half_bytes.safetensors", "weights in half_bytes.safetensors cannot be read"),
    # TensorFlow's
    ("import_magenta", "deep_net", "deep_net .*layers is 100000000; expected 0 to"),
    ("import_magenta", "wide_net", "wide_net is the checkpoint of another model"),
    ("import_magenta", "byte_order", "byte_order.index is damaged"),
    ("import_magenta", "wire_type", "wire_type.index is damaged"),
    ("import_magenta", "cut_varint", "cut_varint.index is damaged"),
    ("import_magenta", "long_name", "long_name.index is damaged .*a name of 2,000 bytes"),
    ("import_magenta", "long_varint", "long_varint.index is damaged"),
    ("import_magenta", "shards_of_text", "shards_of_text.index is damaged"),
    # encodings
    (
        "load_encoding",
        "zeros.npz",
        "zeros.npz .*its arrays have 400,000,536 bytes, at most 100,000,000 are",
    ),
    ("load_encoding", "long.npz", "long.npz .*200,000 frames.* 6,400 s .*expected at most 600 s"),
    ("load_encoding", "hop.npz", "expected at most 600 s"),
    (
        "load_encoding",
        "no_hop.npz",
        "hop_length in .*no_hop.npz is -512; expected the samples of a frame",
    ),
    ("load_encoding", "no_channels.npz", "expected at most 600 s"),
    ("load_encoding", "claim.npz", "claim.npz is damaged or holds something else"),
    ("load_encoding", "text.npz", "text.npz is damaged or holds something else"),
    ("load_encoding", "packed.npz", "packed.npz is damaged or .*packed in a way that NumPy does"),
    # lines and pads
    ("load_plane", "endless", "endless does not hold a complete line or pad"),
    ("load_plane", "long_pad", "long_pad does not hold a complete line or pad"),
    ("load_plane", "path", "path does not hold a complete line or pad"),
    ("load_plane", "fraction", "fraction does not hold a complete line or pad"),
    ("load_plane", "negative", "negative does not hold a complete line or pad"),
    ("load_plane", "yes", "yes does not hold a complete line or pad"),
    ("load_plane", "no_names", "no_names does not hold a complete line or pad"),
    ("load_plane", "list", "list does not hold a complete line or pad"),
    ("load_plane", "deep", "deep does not hold a complete line or pad"),
    ("load_plane", "hours", "hours does not hold a complete line or pad"),
    # recordings
    ("load_audio", "wide.wav", "wide.wav has 8 channels of 655,350 samples per second"),
    ("record", "wide.wav", "wide.wav has 8 channels of 655,350 samples per second"),
    ("decode", "hours.webm", "lasts longer than 600 s"),
    ("decode", "slow.wav", "its format is not known.*expected webm"),
]

ERRORS = {
    "load_model": "CheckpointError", "import_magenta": "CheckpointError",
    "load_encoding": "ValueError", "load_plane": "MediaError", "load_audio": "AudioError",
    "record": "AudioError", "decode": "AudioError",
}  # fmt: skip
CHILD = """\
import json, resource, signal, sys
from pathlib import Path
from nsynth_edu.classroom import Recorder, decode_recording, load_plane
from nsynth_edu.models import import_magenta, load_model
from nsynth_edu.play import load_encoding
from nsynth_edu.sound import load_audio

def decode(path):
    decode_recording(Path(path).read_bytes())

def record(path):
    Recorder()._file(Path(path).name, Path(path).read_bytes())

def late(*_):
    raise TimeoutError

def peak():
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss

load_model("pocket")
import_magenta(sys.argv[1])
resource.setrlimit(resource.RLIMIT_AS, (int(sys.argv[2]) + 4096 * int(
    Path("/proc/self/statm").read_text().split()[0]),) * 2)
signal.signal(signal.SIGALRM, late)
for call, path in json.load(sys.stdin):
    before, error, words = peak(), "", ""
    signal.alarm(30)
    try:
        globals()[call](path)
    except Exception as problem:
        error, words = type(problem).__name__, str(problem)
    signal.alarm(0)
    print(json.dumps([call, path, error, words, peak() - before]), flush=True)
"""


@pytest.fixture(scope="module")
def outcomes(tmp_path_factory):
    """{(call, file): (error, sentence, kB)} of all calls, one after another in one process."""
    folder = write_all(tmp_path_factory.mktemp("strange"))
    calls = [(call, str(folder / name)) for call, name, _ in REFUSED]
    done = subprocess.run(
        [sys.executable, "-c", CHILD, str(TINY_BUNDLE), str(LIMIT)],
        input=json.dumps(calls), capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert not done.returncode, done.stderr
    rows = map(json.loads, done.stdout.splitlines())
    return {(call, Path(path).name): what for call, path, *what in rows}


@pytest.mark.parametrize(("call", "name", "words"), REFUSED, ids=lambda word: word[:20])
def test_a_file_from_a_stranger_is_refused_before_it_takes_memory(call, name, words, outcomes):
    error, sentence, kilobytes = outcomes[call, name]
    assert error == ERRORS[call] and re.search(words, sentence), (error, sentence)
    assert sentence.endswith(".") and sentence.isprintable() and len(sentence) < 400
    assert kilobytes < BOUND
