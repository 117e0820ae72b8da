"""Songs on a pad: in tune, in time, as loud as played, with the timbre of each place."""

import io
import re

import mido
import numpy as np
import pytest
import soundfile
from commands import exit_code
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st
from pads import CORNERS, corner, pad
from problem_set import source

from nsynth_edu.classroom import Pad, load_plane
from nsynth_edu.play import (
    blend_points,
    performed,
    play_song,
    read_place,
    read_plane,
    save_plane,
    song_path,
)
from nsynth_edu.sound import (
    SongError,
    cents_off,
    clicks_per_second,
    harmonic_energy,
    load_audio,
    multi_scale_spectral_distance,
    read_song,
    save_audio,
)

RATE = 16_000
PAD = pad()


def midi(events, type=1, ticks=480, tempo=500_000):
    """A file of (s, message) at 120 beats per minute, with a track for the tempo."""
    file = mido.MidiFile(type=type, ticks_per_beat=ticks)
    lead = mido.MidiTrack([mido.MetaMessage("set_tempo", tempo=tempo)])
    track, now = mido.MidiTrack(), 0
    for seconds, message in sorted(events, key=lambda event: event[0]):
        tick = round(mido.second2tick(seconds, ticks, tempo))
        track.append(message.copy(time=tick - now))
        now = tick
    file.tracks += [lead, track] if type else [track]
    whole = io.BytesIO()
    file.save(file=whole)
    return whole.getvalue()


def key(start, seconds, pitch, velocity=100, channel=0):
    on = mido.Message("note_on", note=pitch, velocity=velocity, channel=channel)
    off = mido.Message("note_off", note=pitch, channel=channel)
    return [(start, on), (start + seconds, off)]


def control(seconds, number, value, channel=0):
    return (seconds, mido.Message("control_change", control=number, value=value, channel=channel))


@pytest.fixture
def song(tmp_path):
    def song(*events, **more):
        path = tmp_path / "song.mid"
        path.write_bytes(midi([one for some in events for one in some], **more))
        return read_song(path)

    return song


def played(song, begin=None, end=None):
    return play_song(song, PAD["sounds"], PAD["notes"], song_path(song, begin, end))


# --- reading ----------------------------------------------------------------------------------


@pytest.mark.parametrize("more", [{"type": 0}, {"ticks": 96}, {"tempo": 300_000, "ticks": 960}])
def test_a_song_is_its_keys_in_seconds_whatever_the_file_counts_in(more, song):
    more = {"tempo": 500_000} | more
    found = song(key(0.5, 1, 60), key(0.25, 0.5, 64, 20, channel=3), **more)
    keys = [(one.start, one.end, one.pitch, one.velocity) for one in found.keys]
    assert np.ravel(keys) == pytest.approx([0.25, 0.75, 64, 20, 0.5, 1.5, 60, 100], abs=0.01)
    assert found.seconds == pytest.approx(1.5, abs=0.01)


def test_a_tempo_that_changes_changes_what_follows(tmp_path):
    track = mido.MidiTrack(
        [
            mido.Message("note_on", note=60, velocity=90, time=480),
            mido.MetaMessage("set_tempo", tempo=1_000_000, time=480),
            mido.Message("note_on", note=60, velocity=0, time=480),
        ]
    )
    mido.MidiFile(tracks=[track]).save(tmp_path / "song.mid")
    [only] = read_song(tmp_path / "song.mid").keys
    assert (only.start, only.end) == (0.5, 2.0)


def test_the_pedal_prolongs_its_own_channel_and_drums_are_left_out(song):
    found = song(
        [control(0, 64, 127), control(2, 64, 0)], key(0.5, 0.5, 60), key(1, 2, 62),
        key(0.5, 0.5, 64, channel=1), key(0, 1, 36, channel=9),
    )  # fmt: skip
    assert [(one.pitch, one.end) for one in found.keys] == [(60, 2), (64, 1), (62, 3)]
    assert found.drums == 1


def test_a_key_that_is_struck_again_or_never_released_ends(song):
    found = song(key(0, 1, 60), key(0.5, 1, 60), key(0, 3, 62)[:1], [control(2, 7, 100)])
    keys = [(one.pitch, one.start, one.end) for one in found.keys]
    assert keys == [(60, 0, 1), (62, 0, 2), (60, 0.5, 1.5)]


def alien(sign, content):
    return sign + len(content).to_bytes(4) + content


CHUNKS = st.lists(
    st.builds(
        alien, st.binary(min_size=4, max_size=4).filter(lambda sign: sign[:2] != b"MT"),
        st.binary(max_size=40),
    ),
    max_size=3,
)  # fmt: skip


@given(CHUNKS, CHUNKS, st.integers(0, 255), st.integers(0, 255), st.booleans())
@settings(
    max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
def test_what_a_player_skips_does_not_matter(tmp_path, before, behind, sharps, mode, wrapped):
    """Chunks of other programs, key signatures that do not exist, a RIFF file around it."""
    data = midi([*key(0.5, 1, 60), *key(1, 1, 64)])
    (tmp_path / "plain.mid").write_bytes(data)
    at = data.index(b"MTrk")
    signature = alien(b"MTrk", bytes([0, 0xFF, 0x59, 2, sharps, mode, 0, 0xFF, 0x2F, 0]))
    data = b"".join(
        [data[:10], (3).to_bytes(2), data[12:at], *before, signature, data[at:], *behind]
    )
    if wrapped:
        data = b"RIFF" + bytes(4) + b"RMIDdata" + len(data).to_bytes(4, "little") + data
    (tmp_path / "song.mid").write_bytes(data)
    assert read_song(tmp_path / "song.mid") == read_song(tmp_path / "plain.mid")


# --- playing ----------------------------------------------------------------------------------


def test_a_melody_is_in_tune_and_in_time(song):
    pitches = [48, 50, 53, 54, 57, 60, 63, 64, 72, 79]
    waveform, _ = played(
        song(*(key(0.1 + number, 0.6, pitch) for number, pitch in enumerate(pitches)))
    )
    for number, pitch in enumerate(pitches):
        begin = round((0.1 + number) * RATE)
        assert abs(cents_off(waveform[begin : begin + 9600], pitch)) < 2
        silent, sounding = waveform[begin - 1000 : begin], waveform[begin : begin + 160]
        assert not silent.any() and np.abs(sounding).max() > 0.02
        assert not waveform[begin + round(0.72 * RATE) + 1 : begin + RATE - 1601].any()
    assert len(waveform) == round((9.7 + 0.12) * RATE)


def test_a_chord_has_all_of_its_notes(song):
    waveform, _ = played(song(key(0, 1.5, 60), key(0, 1.5, 66)), (1, 1))
    assert harmonic_energy(waveform, 60) > 0.4 and harmonic_energy(waveform, 66) > 0.4
    assert harmonic_energy(waveform, 63) < 0.15


def test_twice_the_velocity_is_four_times_the_level(song):
    waveform, _ = played(song(key(0, 1, 60, 50), key(2, 1, 60, 100)))
    soft, loud = waveform[: 2 * RATE], waveform[2 * RATE :]
    np.testing.assert_allclose(4 * soft[:RATE], loud[:RATE], atol=1e-5)


def test_a_take_sounds_at_the_times_keys_and_places_at_which_it_was_played():
    take = [
        (0, -1, 0, 0), (0.25, 60, 0, 0), (0.5, 60, 1, 0), (1, 67, 1, 0), (1.5, -1, 1, 0),
        (2, -1, 0, 1), (2.5, 60, 0, 1), (3.5, -1, 0, 1),
    ]  # fmt: skip
    song, path = performed(take)
    keys = [(one.start, one.end, one.pitch) for one in song.keys]
    assert keys == [(0.25, 1, 60), (1, 1.5, 67), (2.5, 3.5, 60)]
    places = {s: path[round(s * RATE / 256) + 1].tolist() for s in (0.3, 0.6, 1.6, 2.1, 3.4)}
    assert places == {0.3: [0, 0], 0.6: [1, 0], 1.6: [1, 0], 2.1: [0, 1], 3.4: [0, 1]}
    heard, _ = play_song(song, PAD["sounds"], PAD["notes"], path)
    assert len(heard) == round(3.62 * RATE) and not heard[: RATE // 4].any()
    assert abs(cents_off(heard[RATE : round(1.5 * RATE)], 67)) < 2


@pytest.mark.parametrize("take", [[], [(0, -1, 0, 0), (2, -1, 1, 1)], [(0, 60, 0, 0)]])
def test_a_take_without_a_note_says_how_one_is_made(take):
    with pytest.raises(ValueError, match="no note; press Record a take"):
        performed(take)


@pytest.mark.parametrize("place", [(0, 0), (1, 0), (0.5, 0.5), (0.3, 0.9), (1, 1)])
def test_a_rendered_note_is_what_the_pad_plays_there(place, song):
    waveform, gain = played(song(key(0, 1.8, 60, 127)), place)
    wanted = gain * blend_points(PAD["sounds"][1], *place)
    np.testing.assert_allclose(waveform[32:28_000], wanted[32:28_000], atol=1e-5)


def nearest(sound, note=60):
    distances = {}
    for name in CORNERS:
        wanted = corner(PAD, name, note)[: len(sound)]
        level = np.abs(wanted).max() / np.abs(sound).max()
        distances[name] = multi_scale_spectral_distance(level * sound, wanted)
    return min(distances, key=distances.get)


@pytest.mark.parametrize(("begin", "end"), [("nw", "se"), ("se", "nw"), ("sw", "ne"), ("ne", "ne")])
def test_a_path_leads_from_corner_to_corner(begin, end, song):
    notes = [key(start, 1, 60) for start in range(40)]
    waveform, _ = played(song(*notes), CORNERS[begin], CORNERS[end])
    first, last = waveform[:12_000], waveform[39 * RATE : 39 * RATE + 12_000]
    assert (nearest(first), nearest(last)) == (begin, end)


def test_the_song_s_own_controllers_lead_unless_places_are_named(song):
    moves = [control(0, 1, 0), control(0, 74, 0), control(1.5, 1, 127, 5), control(3, 74, 127)]
    own = song(*(key(start, 1, 60) for start in range(4)), moves)
    waveform, _ = played(own)
    places = [nearest(waveform[start * RATE : start * RATE + 12_000]) for start in (0, 2, 3)]
    assert places == ["nw", "ne", "se"]
    assert nearest(played(own, (0, 1))[0][2 * RATE :][:12_000]) == "sw"
    only = song_path(song(key(0, 1, 60), [control(0.5, 74, 127)]))
    np.testing.assert_array_equal(only[[0, -1]], [[0.5, 1], [0.5, 1]])


def test_a_controller_that_jumps_in_a_note_clicks_neither_there_nor_anywhere(song):
    moves = [control(0.01 * step, 1, 127 * (step % 20 > 9)) for step in range(200)]
    waveform, _ = played(song(key(0, 2, 48), moves))
    assert clicks_per_second(waveform) == 0


def test_a_dense_piece_does_not_clip_or_click(song):
    rng = np.random.default_rng(1)
    notes = [
        key(rng.uniform(0, 8), rng.uniform(0.02, 2), int(rng.integers(36, 90)), int(velocity))
        for velocity in rng.integers(100, 128, 150)
    ]
    waveform, gain = played(song(*notes), (0, 0), (1, 1))
    assert np.abs(waveform).max() == pytest.approx(0.9) and gain < 1
    assert clicks_per_second(waveform) == 0


@pytest.mark.parametrize("pitch", [0, 127])
def test_the_outermost_keys_play(pitch, song):
    waveform, _ = played(song(key(0, 0.01, pitch), key(0.5, 3, pitch)))
    assert np.isfinite(waveform).all() and np.abs(waveform).max() == pytest.approx(0.9)


def test_a_line_is_played_along_its_only_row(song):
    line = PAD["sounds"][:, :1]
    own = song(key(0, 1, 60, 127))
    waveform, gain = play_song(own, line, PAD["notes"], song_path(own, (1, 0.7)))
    np.testing.assert_allclose(waveform[32:9000], gain * line[1, 0, 2, 32:9000], atol=1e-5)


def test_a_sampler_plays_the_same_song_alike(song, require, tmp_path):
    require("pysfizz")
    import pysfizz

    from nsynth_edu.play import save_sfz

    synth = pysfizz.Synth(RATE, 64)
    assert synth.load_sfz_file(save_sfz(tmp_path, **PAD)[-1])
    synth._synth.cc(0, 1, 127)
    sampled = synth.render_note(64, 100, 1.0, 1.1)[0]
    waveform, _ = played(song(key(0, 1, 64)), (1, 0.5))
    wanted = waveform[: len(sampled)]
    sampled = sampled[: len(wanted)] * np.abs(wanted).max() / np.abs(sampled).max()
    other = played(song(key(0, 1, 64)), (0, 0.5))[0][: len(sampled)]
    distances = [multi_scale_spectral_distance(sampled, each) for each in (wanted, other)]
    assert distances[0] < 0.1 * distances[1]


# --- the command ------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    folder = tmp_path_factory.mktemp("songs")
    save_plane(folder / "pad", **PAD)
    song = midi(key(0.5, 1, 60) + key(0.5, 1, 67) + key(0, 1, 36, channel=9))
    (folder / "song.mid").write_bytes(song)
    (folder / "drums.mid").write_bytes(midi(key(0, 1, 36, channel=9)))
    (folder / "empty.mid").write_bytes(midi([]))
    (folder / "words.mid").write_text("no song at all")
    (folder / "patterns.mid").write_bytes(song[:9] + b"\x02" + song[10:])
    (folder / "film.mid").write_bytes(song[:12] + b"\xe7\x28" + song[14:])
    (folder / "cut.mid").write_bytes(song[:-9])
    (folder / "long.mid").write_bytes(midi(key(0, 601, 60)))
    (folder / "many.mid").write_bytes(midi(20_001 * key(0, 0.1, 60)))
    (folder / "huge.mid").write_bytes(song + bytes(2_000_000))
    (folder / "endless.mid").write_bytes(song[:22] + b"\xff" * 1_000_000)
    (folder / "nothing").mkdir()
    save_audio(folder / "sound.mid", np.zeros(RATE))
    return folder


@pytest.fixture
def call(folder, monkeypatch, capsys):
    monkeypatch.chdir(folder)

    def call(line):
        code = exit_code(line)
        out, err = capsys.readouterr()
        return code, out, err

    return call


def test_play_writes_the_song_and_says_where_it_went(folder, call):
    code, out, err = call("play song.mid --instrument pad --from NW --to 1,0.5 -o out.wav")
    assert (code, out) == (0, "") and "notes/s" in err
    lines = re.findall(r"nsynth-edu: (.*)", err)
    assert lines[0] == "left out: 1 note of the drums."
    assert lines[1].startswith(
        "2 notes, 1.6 s, from 0.00,0.00 to 1.00,0.50 on the pad; one gain of "
    )
    with soundfile.SoundFile(folder / "out.wav") as file:
        assert file.comment == "song.mid on a pad between dull, odd, even, bright, by nsynth-edu."
    waveform = load_audio(folder / "out.wav")
    song, sounds, counts = read_song(folder / "song.mid"), read_plane(folder / "pad")["sounds"], []
    path = song_path(song, (0, 0), (1, 0.5))
    wanted, _ = play_song(song, sounds, PAD["notes"], path, lambda *now: counts.append(now))
    assert counts == [(1, 2), (2, 2)]
    np.testing.assert_allclose(waveform, wanted, atol=1 / 32_767)


@pytest.mark.parametrize(
    ("line", "sentence"),
    [
        ("missing.mid --instrument pad", "missing.mid cannot be read (No such file or directory)"),
        ("pad --instrument pad", "pad cannot be read (Is a directory); check the name"),
        ("words.mid --instrument pad", "expected a standard MIDI file (.mid), and words.mid is"),
        ("sound.mid --instrument pad", "expected a standard MIDI file (.mid), and sound.mid is"),
        ("huge.mid --instrument pad", "expected a standard MIDI file (.mid), and huge.mid has"),
        ("empty.mid --instrument pad", "empty.mid has no notes; choose another file."),
        ("drums.mid --instrument pad", "drums.mid has no notes but drums, which have no pitch;"),
        ("patterns.mid --instrument pad", "patterns.mid is a MIDI file of type 2, separate"),
        ("film.mid --instrument pad", "film.mid is timed in frames of a film; export it timed in"),
        ("cut.mid --instrument pad", "cut.mid is damaged (EOFError); export it again."),
        ("endless.mid --instrument pad", "endless.mid is damaged (a number without end); export"),
        ("long.mid --instrument pad", "long.mid lasts 601 s; expected at most 600 s."),
        ("many.mid --instrument pad", "many.mid has 20,001 notes; expected at most 20,000."),
        ("song.mid --instrument nothing", "nothing is not an instrument; expected the folder of a"),
        ("song.mid --instrument none", "none is not an instrument; expected the folder of a group"),
    ],
)  # fmt: skip
def test_bad_input_is_1_and_one_sentence_and_no_file(line, sentence, folder, call):
    code, out, err = call(f"play {line} -o bad.wav")
    assert (code, out) == (1, "") and err.startswith(f"nsynth-edu: {sentence}")
    assert err.count("\n") == 1 and not (folder / "bad.wav").exists()


@pytest.mark.parametrize(
    "place", ["up", "nww", "1", "0,2", "1.5,0", "nan,0", "..,0", "0,0,0", "inf,1", ""]
)
def test_a_place_off_the_pad_is_wrong_usage(place, call):
    code, out, err = call(f"play song.mid --instrument pad -o bad.wav --from {place}")
    assert (code, out) == (2, "") and "error: argument --from" in err
    with pytest.raises(ValueError, match="is not a place on the pad; expected nw, n, ne"):
        read_place(place)


def test_places_are_words_or_numbers():
    assert [read_place(word) for word in ("nw", "S", "middle", "0.25,1")] == [
        (0, 0), (0.5, 1), (0.5, 0.5), (0.25, 1),
    ]  # fmt: skip


# --- strangers --------------------------------------------------------------------------------

WHOLE = midi([*key(0, 1, 60), *key(0.5, 1, 64), control(0.2, 64, 127), control(0.3, 1, 80)])


@st.composite
def strange(draw):
    """Bytes that begin like a song, and then do not go on like one."""
    data = bytearray(WHOLE)
    for _ in range(draw(st.integers(1, 6))):
        place = draw(st.integers(4, len(data) - 1))
        data[place : place + draw(st.integers(0, 3))] = draw(st.binary(max_size=4))
    return bytes(data)


@settings(
    max_examples=300, derandomize=True, deadline=None, database=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)  # fmt: skip
@given(st.one_of(strange(), st.binary(max_size=60), st.binary(max_size=60).map(b"MThd".__add__)))
@example(b"")
@example(b"MThd\x00\x00\x00\x06\x00\x01\xff\xff\x01\xe0")
@example(WHOLE[:8] + b"\x00\x00\x00\x01\x00\x00" + WHOLE[14:])  # no ticks per beat
@example(WHOLE[:22] + b"\x00\xff\x59\x02\x7f\x7f" + WHOLE[22:])  # a key that does not exist
@example(WHOLE[:22] + b"\x00\xff\x51\x00" + WHOLE[22:])  # a tempo without a number
@example(WHOLE[:22] + b"\xff" * 200 + b"\x7f" + WHOLE[22:])
def test_any_bytes_are_a_song_or_a_sentence(tmp_path, data):
    path = tmp_path / "strange.mid"
    path.write_bytes(data)
    try:
        song = read_song(path)
    except SongError as problem:
        assert str(problem).endswith(".") and str(problem).isprintable() and len(str(problem)) < 200
        assert "strange.mid" in str(problem)
    else:
        path = song_path(song)
        assert path.shape[1] == 2 and path.min() >= 0 and path.max() <= 1
        assert song.seconds <= 600


def test_a_take_in_the_sheet_of_a_piece_outlives_a_restart(tmp_path):
    """The cell of problem set 8, run twice: the second time nothing was played."""
    rows = [[0.5, 60, 0.2, 0.4], [1.0, -1, 0.6, 0.4], [2.0, 64, 0.9, 0.9], [3.0, -1, 0.9, 0.9]]
    given = {"Pad": Pad, "load_plane": load_plane, "plane": "pad", "my_piece": tmp_path / "my"}
    kept = []
    for take in (rows, []):
        space = given | {"display": lambda *shown: None}
        exec(source("ps8_piece", "stage-pad"), space)
        space["stage"].take = take
        kept.append(space["kept_take"](space["stage"]))
    assert kept == [rows, rows]
    song, path = performed(kept[1])
    assert [key.pitch for key in song.keys] == [60, 64] and len(path)
    score = [(0, *kept[1][0][2:])] + [(s, x, y) for s, _, x, y in kept[1]]
    assert score[0] == (0, 0.2, 0.4) and all(len(row) == 3 for row in score)
