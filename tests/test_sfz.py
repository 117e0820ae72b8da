"""A pad in a sampler: its keys, its gains as the file says them, and what a sampler makes of it."""

import re

import numpy as np
import pytest
import sfzlint.settings
import soundfile
from hypothesis import given, settings
from hypothesis import strategies as st
from pads import CORNERS, corner, pad
from sfzlint.parser import SFZValidatorConfig, validate

from nsynth_edu.classroom import load_plane
from nsynth_edu.play import blend_points, read_plane, save_plane, save_sfz
from nsynth_edu.play.sfz import key_zones
from nsynth_edu.sound import cents_off, harmonic_energy, multi_scale_spectral_distance

sfzlint.settings.pickle = False  # it would leave a cache in the user's home
RATE = 16_000


def read(path):
    """The settings of each region with those of its group, read by sfzlint; no complaints."""
    complaints = []
    config = SFZValidatorConfig(file_path=path)
    file = validate(path, err_cb=lambda *what: complaints.append(what), config=config)
    assert complaints == []
    regions, above = [], {}
    for header in file.headers:
        kind, words = str(header.token), {name: value.value for name, value in header.items()}
        if kind == "region":
            regions.append(above.get("global", {}) | above.get("group", {}) | words)
        above[kind] = words
    return regions, above["control"]


def gain(region, values):
    """What the crossfades of a region give for {controller: value}, as sfzformat.com has them."""
    assert region["xf_cccurve"] == "gain"  # straight lines
    product = 1.0
    for controller, value in values.items():
        if f"xfin_locc{controller}" in region:
            ends = region[f"xfin_locc{controller}"], region[f"xfin_hicc{controller}"]
            product *= np.interp(value, ends, (0, 1))
        if f"xfout_locc{controller}" in region:
            ends = region[f"xfout_locc{controller}"], region[f"xfout_hicc{controller}"]
            product *= np.interp(value, ends, (1, 0))
    return product


def place(region):
    """Note, row and column in the name of a sample."""
    return tuple(map(int, re.findall(r"\d+", region["sample"])))


# --- the file ---------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("rows", "columns", "points", "down", "across"),
    [(3, 3, 3, [0, 1, 2], [0, 1, 2]), (9, 9, 3, [0, 4, 8], [0, 4, 8]), (2, 2, 3, [0, 1], [0, 1]),
     (9, 9, 9, range(9), range(9)), (5, 9, 5, range(5), range(0, 9, 2)),
     (4, 4, 3, [0, 2, 3], [0, 2, 3]), (1, 5, 3, [0], [0, 2, 4])],
)  # fmt: skip
def test_the_controllers_weigh_the_sounds_as_the_pad_does(
    rows, columns, points, down, across, tmp_path
):
    sounds = np.zeros((1, rows, columns, 400), np.float32)
    regions, _ = read(save_sfz(tmp_path, sounds, [60], "abcd", points)[-1])
    assert [place(region) for region in regions] == [(60, y, x) for y in down for x in across]
    unit = np.eye(len(regions)).reshape(len(down), len(across), -1)
    unit = unit if rows > 1 else np.concatenate([unit, 0 * unit])
    for values in [(0, 0), (127, 0), (0, 127), (127, 127), (64, 64), (1, 126), (40, 77), (90, 16)]:
        gains = [gain(region, dict(zip((1, 74), values, strict=True))) for region in regions]
        assert sum(gains) == pytest.approx(1)
        x, y = (
            np.interp(value / 127 * (count - 1), taken, np.linspace(0, 1, len(taken)))
            for value, count, taken in zip(values, (columns, rows), (across, down), strict=True)
        )
        wanted = blend_points(unit, x, y if rows > 1 else 0)
        # points stand at whole values of a controller, up to half a step from their place
        np.testing.assert_allclose(gains, wanted, atol=len(across) / 127)
        if set(values) <= {0, 127}:
            assert sorted(gains) == [0] * (len(gains) - 1) + [1]


@settings(derandomize=True, database=None, deadline=None)
@given(st.lists(st.integers(0, 127), min_size=1, max_size=20, unique=True))
def test_every_key_plays_the_nearest_note_and_of_two_the_lower(notes):
    zones = key_zones(notes)
    for key in range(128):
        [mine] = [
            note for note, (low, high) in zip(notes, zones, strict=True) if low <= key <= high
        ]
        assert mine == min(notes, key=lambda note: (abs(note - key), note))


@pytest.mark.parametrize("notes", [[], [60, 60], [-1, 60], [60, 128]])
def test_notes_that_are_not_keys_are_refused(notes, tmp_path):
    with pytest.raises(ValueError, match="expected different MIDI numbers, 0 to 127"):
        save_sfz(tmp_path, np.zeros((len(notes), 2, 2, 9), np.float32), notes, "abcd")
    assert list(tmp_path.iterdir()) == []


@pytest.fixture(scope="module")
def made(tmp_path_factory):
    """A pad that was saved, read and written for a sampler, and where."""
    folder = tmp_path_factory.mktemp("pads")
    save_plane(folder / "plane", **pad())
    plane = read_plane(folder / "plane")
    return plane, save_sfz(folder / "sfz", **plane, credits=["Sine waves,\nadded up."])


def test_the_samples_are_the_sounds_of_the_pad_at_their_level(made):
    plane, files = made
    regions, control = read(files[-1])
    assert len(regions) == len(files) - 1 == 27 and (control["set_cc1"], control["set_cc74"]) == (
        64,
        64,
    )
    for region in regions:
        note, row, column = place(region)
        sound, rate = soundfile.read(files[-1].parent / region["sample"], dtype="float32")
        wanted = plane["sounds"][plane["notes"].index(note), row, column]
        assert rate == RATE and region["pitch_keycenter"] == note and sound[-1] == 0
        np.testing.assert_allclose(sound[:-160], wanted[:-160], atol=1 / 32767)


def test_the_file_says_whose_sounds_it_has_and_which_controllers_lead_where(made):
    text = made[1][-1].read_text()
    assert "dull, odd, even, bright: 3 x 3 sounds" in text and "CC 1, the modulation wheel" in text
    assert soundfile.SoundFile(made[1][0]).comment == "Sine waves,\nadded up."
    assert "CC 74 from top to bottom" in text and "// 'Sine waves,\\nadded up.'\n" in text


# --- the sound --------------------------------------------------------------------------------


class Sampler:
    """sfizz, playing an .sfz at 16 kHz in blocks of 64 samples."""

    def __init__(self, path):
        import pysfizz

        self.synth = pysfizz.Synth(RATE, 64)
        assert self.synth.load_sfz_file(path)
        self.engine = self.synth._synth

    def move(self, across, down):
        self.engine.cc(0, 1, across)
        self.engine.cc(0, 74, down)

    def render(self, seconds):
        blocks = [self.engine.render_block()[0] for _ in range(round(seconds * RATE / 64))]
        return np.concatenate(blocks)

    def note(self, key, held=1.0, whole=1.5):
        return self.synth.render_note(key, 127, held, whole)[0]


@pytest.fixture(scope="module")
def course(tmp_path_factory):
    """The pad of lesson 00 for a sampler: trumpet, flute, nylon guitar, church organ."""
    plane = load_plane("pad")
    return plane, save_sfz(tmp_path_factory.mktemp("course"), **plane)[-1]


@pytest.fixture
def sampler(made, require):
    require("pysfizz")
    return Sampler(made[1][-1])


def nearest(sound, plane):
    """The corner that a sound is most like, at one level and in the first half second."""
    sound, distances = sound[:8000], {}
    for name in CORNERS:
        wanted = corner(plane, name)[:8000]
        level = np.abs(wanted).max() / np.abs(sound).max()
        distances[name] = multi_scale_spectral_distance(level * sound, wanted)
    return min(distances, key=distances.get), sorted(distances.values())


@pytest.mark.parametrize("name", CORNERS)
def test_a_sampler_plays_each_corner_at_its_extreme_of_the_controllers(name, course, require):
    require("pysfizz")
    plane, path = course
    sampler = Sampler(path)
    x, y = CORNERS[name]
    sampler.move(127 * x, 127 * y)
    found, distances = nearest(sampler.note(60), plane)
    assert found == name and distances[0] < 0.1 * distances[1]


def likeness(played, wanted):
    """The correlation of two sounds; the sampler is one sample late."""
    return np.corrcoef(played[1:], wanted[:-1])[0, 1]


def test_a_sampler_begins_in_the_middle_and_moves_while_a_note_sounds(made, sampler):
    points = made[0]["sounds"][1]
    sampler.engine.note_on(0, 60, 127)
    assert likeness(sampler.render(0.5), points[1, 1, :8000]) > 0.999
    sampler.move(127, 0)
    sampler.render(0.1)
    assert likeness(sampler.render(0.4), points[0, 2, 9600:16_000]) > 0.999
    sampler.move(32, 32)
    sampler.render(0.1)
    mix = blend_points(points, 32 / 128, 32 / 128)  # 64 of 127 is the middle
    assert likeness(sampler.render(0.4), mix[17_600:24_000]) > 0.999


@pytest.mark.parametrize("key", [36, 53, 54, 62, 79])
def test_a_sampler_plays_every_key_in_tune(key, sampler):
    sampler.move(127, 127)
    assert abs(cents_off(sampler.note(key), key)) < 5


def test_a_note_fades_out_after_its_key_is_up_and_seven_keys_fit_a_sampler(sampler):
    note = sampler.note(60, held=0.5, whole=1.0)
    assert np.abs(note[round(0.62 * RATE) :]).max() < 1e-3 * np.abs(note).max()
    for key in range(60, 67):
        sampler.engine.note_on(0, key, 100)
    chord = sampler.render(1)
    assert sampler.engine.get_num_active_voices() == 63
    assert min(harmonic_energy(chord, key) for key in range(60, 67)) > 0.07
