"""Names and headers that nobody thought of: refused in a sentence, or taken, and nothing else."""

import errno
import os
import re
import struct
import tempfile
from contextlib import contextmanager
from functools import lru_cache
from pathlib import Path

import numpy as np
import soundfile
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from nsynth_edu.cli.group import printable
from nsynth_edu.sound import AudioError, midi_to_hz
from nsynth_edu.studio import (
    KINDS,
    NOTES,
    REMARKS,
    Instrument,
    Plan,
    Settings,
    check_instrument,
    check_samples,
    ingest,
    prepare,
)
from nsynth_edu.studio.plan import add_groups
from nsynth_edu.studio.wavfile import read_wav

RATE, LENGTH = 16_000, 64_000


def drawn(count, **what):
    """A test of this many examples, the same ones every time, however long one takes."""
    always = settings(
        max_examples=count,
        derandomize=True,
        deadline=None,
        database=None,
        suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large],
    )
    return lambda test: always(given(**what)(test))


@contextmanager
def folder():
    """An empty one: hypothesis and pytest's tmp_path do not go together."""
    with tempfile.TemporaryDirectory() as name:
        yield Path(name)


def contents(where):
    """Everything below a folder, with its bytes."""
    return {
        str(path.relative_to(where)): path.read_bytes() if path.is_file() else None
        for path in where.rglob("*")
    }


# --- names --------------------------------------------------------------------------------------

PIECES = [
    "lead", "LEAD", "Lead", "gen", "pitch", "_", "24", "48", "25", "C2", ".wav", ".WAV", ".wav.wav",
    "/", "\\", "..", ".", " ", "\0", "\n", "\r", "\t", "\x1b[2J", "\x7f", "~", "$(id)", "%s", "-o",
    "CON", "nul", "\u202e", "\u2066", "\u200b", "e\u0301", "é", "٢٤", "😀", "ﬀ", "K", "ı",
    os.fsdecode(b"\xff"), "a" * 20, "a" * 250,
]  # fmt: skip
WORDS = st.lists(st.sampled_from(PIECES) | st.text(max_size=3), max_size=6).map("".join)


@example("lead\n")
@example("lead ")
@example("lead")
@drawn(400, name=WORDS)
def test_an_instrument_s_name_is_taken_as_it_is_or_refused_with_one_that_would_do(name):
    right = re.fullmatch("[a-z][a-z0-9]{0,19}", name) and name not in ("gen", "pitch")
    try:
        assert check_instrument(name) == name and right
    except AudioError as refused:
        assert not right and str(refused).isprintable()
        better = re.search(r": (\S+) would do\.$", str(refused))
        assert better is None or check_instrument(better[1]) == better[1]


@example("../outside", 24)
@example("lead", 25)
@example("lead", 24)
@drawn(100, word=WORDS, note=st.sampled_from([24, 36, 48, 25, -1]))
def test_preparing_writes_into_its_folder_or_nowhere(word, note):
    with folder() as where:
        (where / "set").mkdir()
        (where / "in.wav").write_bytes(wav(pcm(tone(36))))
        before = contents(where)
        try:
            path, _ = prepare(where / "in.wav", word, note, where / "set")
        except AudioError as refused:
            assert str(refused).isprintable() and contents(where) == before
        else:
            new = contents(where).keys() - before.keys()
            assert new == {f"set/{word}_{note}.wav"} and path == where / new.pop()


def put(where, name, make):
    """Make something of a name -> whether this file system takes such a name."""
    try:
        make(Path(f"{where}/{name}"))
    except (ValueError, FileExistsError):  # a zero byte; `..`
        return False
    except OSError as problem:
        assert problem.errno in (errno.ENAMETOOLONG, errno.EILSEQ)
        return False
    return True


FILES = st.lists(WORDS.filter(lambda name: name and "/" not in name), min_size=1, max_size=12)


@drawn(80, names=FILES)
def test_a_check_tells_every_file_of_any_name(names):
    with folder() as where:
        for name in names:
            put(where, name, Path.touch)
        before = contents(where)
        found = check_samples(where, remarks=True)
        assert {each.kind for each in found} <= {*KINDS, *REMARKS}
        assert all(str(each).isprintable() and str(each).encode() for each in found)
        assert {each.file for each in found if each.file} == set(os.listdir(where))
        assert contents(where) == before


@drawn(60, names=FILES)
def test_students_of_any_name_are_taken_in_side_by_side(names):
    with folder() as where:
        (where / "submitted").mkdir()
        for name in names:
            if put(where / "submitted", name, Path.mkdir):
                put(where / "submitted", f"{name}/{name}_24.wav", Path.touch)
        before = contents(where)
        taken = ingest(where / "submitted", where / "in")
        assert contents(where) == before, "nothing was right, so nothing is written"
        seen = {name for name in os.listdir(where / "submitted") if not name.startswith(".")}
        assert {each.student for each in taken} == seen
        assert all(each.problems and each.id is None for each in taken)
        assert all(str(p).isprintable() for each in taken for p in each.problems)


@drawn(80, names=FILES)
def test_students_of_any_name_get_their_places_and_keep_them(names):
    sets = [Instrument(f"{n:016x}", "lead", name) for n, name in enumerate(dict.fromkeys(names))]
    plan = add_groups(Plan(), sets, Settings())
    assert plan.planned | plan.waiting.keys() == set(names)
    assert add_groups(Plan(), sets[::-1], Settings()) == plan
    with folder() as where:
        plan.write(where)
        assert Plan.read(where) == plan
    assert all(printable(one.owner).isprintable() for one in sets)


# --- headers ------------------------------------------------------------------------------------


@lru_cache
def tone(midi, seconds=4.0):
    """A note with six partials that dies away, peak 0.6."""
    time = np.arange(round(seconds * RATE)) / RATE
    phase = 2 * np.pi * midi_to_hz(midi) * time
    wave = sum(np.sin(n * phase) / n for n in range(1, 7)) * np.exp(-1.5 * time)
    return 0.6 * wave / np.abs(wave).max()


def pcm(wave):
    return np.round(wave * 32767).clip(-32768, 32767).astype("<i2").tobytes()


EXTENSION = struct.pack("<HHIH", 22, 16, 4, 1) + bytes.fromhex("000000001000800000aa00389b71")


def form(tag=1, channels=1, rate=RATE, frame=2, bits=16, extra=b""):
    """A format chunk's body."""
    return (
        struct.pack("<HHIIHH", tag, channels, rate, rate * frame & 0xFFFFFFFF, frame, bits) + extra
    )


def chunk(name, body, promised=None):
    """A chunk, with the byte that follows an odd one."""
    promised = len(body) if promised is None else promised
    return name + struct.pack("<I", promised & 0xFFFFFFFF) + body + b"\0" * (len(body) % 2)


def wav(body, fmt=None, before=b"", promised=None, riff=None):
    """The bytes of a WAV file, true or false."""
    inner = b"WAVE" + before + (chunk(b"fmt ", form()) if fmt is None else fmt)
    inner += chunk(b"data", body, promised)
    return b"RIFF" + struct.pack("<I", len(inner) if riff is None else riff) + inner


SMALL = st.sampled_from([0, 1, 2, 3, 4, 8, 16, 24, 32, 64, 255, 32_767, 65_535])
LARGE = st.sampled_from([0, 1, 8_000, 16_000, 44_100, 2**31 - 1, 2**31, 2**32 - 1])
BODIES = st.sampled_from([b"", b"\0", pcm(tone(24)[:1000]), pcm(tone(24)), pcm(tone(24)) + b"\0\0"])
LYING_FORMS = st.builds(
    form,
    tag=st.sampled_from([1, 1, 3, 6, 7, 0x11, 0x55, 0xFFFE, 0xFFFF]),
    channels=SMALL | st.just(1), rate=LARGE | st.just(RATE), frame=SMALL | st.just(2),
    bits=SMALL | st.just(16),
    extra=st.just(b"") | st.binary(max_size=40) | st.just(EXTENSION),
)  # fmt: skip
CHUNKS = st.lists(
    st.builds(
        chunk,
        st.sampled_from([b"LIST", b"fact", b"bext", b"fmt ", b"data", b"\0\0\0\0"]),
        st.binary(max_size=45),
        st.none() | LARGE,
    ),
    max_size=3,
).map(b"".join)
FALSE_FILES = st.builds(
    wav,
    BODIES,
    fmt=st.just(b"") | LYING_FORMS.map(lambda body: chunk(b"fmt ", body))
    | st.tuples(LYING_FORMS, LARGE).map(lambda both: chunk(b"fmt ", *both)),
    before=CHUNKS,
    promised=st.none() | LARGE,
    riff=st.none() | LARGE,
)  # fmt: skip
CUT = st.tuples(FALSE_FILES, st.integers(0, 120)).map(lambda both: both[0][: both[1]])


@drawn(250, data=FALSE_FILES | CUT)
def test_no_header_makes_a_check_fail_or_lets_another_sound_in(data):
    with folder() as where:
        (where / "lead_24.wav").write_bytes(data)
        found = check_samples(where, remarks=True)
        assert {each.kind for each in found} <= {*KINDS, *REMARKS}
        assert all(str(each).isprintable() for each in found)
        if {each.kind for each in found} == {"missing"}:  # only the other six notes
            assert pcm(tone(24)) in data


@drawn(60, data=FALSE_FILES | CUT)
def test_preparing_any_header_makes_a_right_sample_or_says_no(data):
    with folder() as where:
        (where / "in.wav").write_bytes(data)
        try:
            prepare(where / "in.wav", "lead", 24, where / "set")
        except AudioError as refused:
            assert str(refused).isprintable() and not (where / "set").exists()
        else:
            assert [each.kind for each in check_samples(where / "set")] == ["missing"]


TRUE_CHUNKS = st.lists(
    st.builds(chunk, st.sampled_from([b"LIST", b"bext", b"JUNK", b"id3 "]), st.binary(max_size=99)),
    max_size=4,
).map(b"".join)
TRUE_FORMS = st.sampled_from([form(), form(extra=b"\0\0"), form(0xFFFE, extra=EXTENSION)])


@drawn(40, before=TRUE_CHUNKS, body=TRUE_FORMS, after=TRUE_CHUNKS, midi=st.sampled_from(NOTES))
def test_a_right_file_is_taken_whatever_chunks_it_carries(before, body, after, midi):
    """And an independent reader, libsndfile, finds the same samples where we found them."""
    with folder() as where:
        path = where / f"lead_{midi}.wav"
        path.write_bytes(wav(pcm(tone(midi)), chunk(b"fmt ", body), before) + after)
        assert [each.kind for each in check_samples(where)] == ["missing"]
        ours = read_wav(path).samples()[:, 0]
        np.testing.assert_array_equal(soundfile.read(path, dtype="float32")[0], ours)


@drawn(
    40,
    midi=st.sampled_from(NOTES),
    peak=st.sampled_from([0.004, 0.1, 0.6, 0.99]),
    swell=st.floats(-20, 20),  # dB per second
    room=st.integers(0, 9000),
    seconds=st.floats(0.05, 6),
    hiss=st.sampled_from([0, 0.001, 0.01]),
    offset=st.sampled_from([0, 0.01]),
)
def test_what_was_prepared_is_right_and_stays_as_it_is(
    midi, peak, swell, room, seconds, hiss, offset
):
    random = np.random.default_rng(midi)
    wave = tone(midi, 6.0)[: round(seconds * RATE)]
    wave = wave * 10 ** (swell * np.arange(len(wave)) / RATE / 20)
    wave = np.r_[np.zeros(room), wave / np.abs(wave).max()]
    wave += hiss * random.normal(0, 1, len(wave))
    with folder() as where:
        recording = where / "in.wav"
        recording.write_bytes(wav(pcm(peak * wave / np.abs(wave).max() + offset)))
        once, _ = prepare(recording, "lead", midi, where / "once")
        assert [each.kind for each in check_samples(where / "once")] == ["missing"]
        twice, _ = prepare(once, "lead", midi, where / "twice")
        assert twice.read_bytes() == once.read_bytes()
