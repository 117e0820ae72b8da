"""Moves between encodings, and pads: equations, kinds, orientation, and what is refused."""

from functools import partial

import numpy as np
import pytest
import torch

from nsynth_edu import play
from nsynth_edu.play import Grid, Multigrid, bilinear_weights, distance_weights

FRAMES, CHANNELS = 125, 16
RNG = np.random.default_rng(0)


def encoding(*lead):
    return RNG.normal(size=(*lead, FRAMES, CHANNELS)).astype(np.float32)


A, B, C, MEAN = (encoding() for _ in range(4))
STD = np.abs(encoding())

MOVES = {
    "interpolate": partial(play.interpolate, mix=0.3),
    "crossfade": play.crossfade,
    "oscillate": partial(play.oscillate, rate_hz=2 / 3),
    "scale": lambda a, b: play.scale(a, 1.4),
    "caricature": partial(play.caricature, scaling=1.5),
    "add_noise": lambda a, b: play.add_noise(a, 0.5, b, STD, seed=3),
    "analogy": lambda a, b: play.analogy(a, b, a * 2),
    "stretch": lambda a, b: play.stretch(a, 1.5),
    "mean_encoding": lambda a, b: play.mean_encoding([a, b])[1],
}


@pytest.mark.parametrize("move", MOVES.values(), ids=MOVES)
def test_an_array_gives_an_array_and_a_tensor_the_same_numbers(move):
    array = move(A, B)
    tensor = move(torch.from_numpy(A), torch.from_numpy(B))
    assert isinstance(array, np.ndarray) and array.dtype == np.float32
    assert torch.is_tensor(tensor) and tensor.dtype == torch.float32
    np.testing.assert_allclose(array, tensor.numpy(), atol=1e-6)


@pytest.mark.parametrize("name", sorted(MOVES.keys() - {"mean_encoding", "add_noise"}))
def test_a_batch_is_moved_like_its_notes_one_by_one(name):
    notes, others = encoding(3), encoding(3)
    one_by_one = [MOVES[name](a, b) for a, b in zip(notes, others, strict=True)]
    np.testing.assert_array_equal(MOVES[name](notes, others), one_by_one)


@pytest.mark.parametrize("move", MOVES.values(), ids=MOVES)
def test_the_encodings_given_stay_as_they_were(move):
    a, b = A.copy(), B.copy()
    move(a, b)
    assert np.array_equal(a, A) and np.array_equal(b, B)


# --- mixing -----------------------------------------------------------------------------------


def test_a_mix_runs_from_the_first_sound_to_the_second():
    np.testing.assert_array_equal(play.interpolate(A, B, 0), A)
    np.testing.assert_array_equal(play.interpolate(A, B, 1), B)
    np.testing.assert_allclose(play.interpolate(A, B), (A + B) / 2, atol=1e-6)


def test_one_weight_per_frame_mixes_frame_by_frame():
    weights = np.linspace(0, 1, FRAMES)
    mixed = play.interpolate(A, B, weights)
    for frame in (0, 40, FRAMES - 1):
        wanted = (1 - weights[frame]) * A[frame] + weights[frame] * B[frame]
        np.testing.assert_allclose(mixed[frame], wanted, atol=1e-6)


def test_one_sound_can_be_mixed_into_a_whole_batch():
    batch = encoding(2)
    np.testing.assert_allclose(play.interpolate(A, batch)[1], (A + batch[1]) / 2, atol=1e-6)


@pytest.mark.parametrize("mix", [np.ones(FRAMES - 1), np.ones((FRAMES, CHANNELS))])
def test_weights_that_fit_no_frames_are_refused(mix):
    with pytest.raises(ValueError, match="125 frames; give one number, or one per frame"):
        play.interpolate(A, B, mix)


@pytest.mark.parametrize("move", [play.interpolate, play.crossfade, play.caricature])
def test_sounds_of_different_length_are_refused_rather_than_cut(move):
    more = (1.5,) if move is play.caricature else ()
    with pytest.raises(ValueError, match=r"\(100, 16\).*\(125, 16\)|\(125, 16\).*\(100, 16\)"):
        move(A, B[:100], *more)


@pytest.mark.parametrize("wrong", [A[0], A[:0], np.float32(1)], ids=["frame", "empty", "number"])
def test_what_is_no_encoding_is_refused(wrong):
    with pytest.raises(ValueError, match=r"z has shape .*expected \(frames, 16\)"):
        play.scale(wrong, 1)


def test_a_crossfade_begins_as_one_sound_and_ends_as_the_other():
    faded = play.crossfade(A, B)
    np.testing.assert_allclose(faded[0], A[0], atol=1e-6)
    np.testing.assert_allclose(faded[-1], B[-1], atol=1e-6)
    np.testing.assert_allclose(faded[FRAMES // 2], (A + B)[FRAMES // 2] / 2, atol=1e-6)


def test_a_crossfade_rises_like_half_a_hann_window():
    zeros, ones = np.zeros_like(A), np.ones_like(A)
    hann = torch.hann_window(2 * FRAMES - 1, periodic=False)[:FRAMES].numpy()
    np.testing.assert_allclose(play.crossfade(zeros, ones)[:, 0], hann, atol=1e-6)


def test_a_sway_starts_at_the_first_sound_and_is_at_the_second_half_a_turn_later():
    swaying = play.oscillate(A, B, rate_hz=1 / 2, frame_rate=20)
    np.testing.assert_allclose(swaying[0], A[0], atol=1e-6)
    np.testing.assert_allclose(swaying[20], B[20], atol=1e-5)
    np.testing.assert_allclose(swaying[40], A[40], atol=1e-5)
    np.testing.assert_allclose(swaying[10], (A + B)[10] / 2, atol=1e-5)


@pytest.mark.parametrize("rate", [1 / 6, 1.0, 15.0])
def test_a_sway_has_its_rate(rate):
    frames = 1000
    weight = play.oscillate(np.zeros((frames, 1)), np.ones((frames, 1)), rate)[:, 0]
    spectrum = np.abs(np.fft.rfft(weight - weight.mean()))
    assert spectrum.argmax() * 31.25 / frames == pytest.approx(rate, abs=31.25 / frames)


def test_a_sway_faster_than_nyquist_is_refused_with_the_rate_it_would_be_heard_at():
    play.oscillate(A, B, 15.625)
    with pytest.raises(ValueError, match=r"15\.625 Hz \(Nyquist\).*20 Hz.*11\.25 Hz \(aliasing\)"):
        play.oscillate(A, B, 20)
    # the claim itself: 20 Hz seen 31.25 times per second has the very values of 11.25 Hz
    frames = np.arange(FRAMES) / 31.25
    too_fast, heard = np.cos(2 * np.pi * 20 * frames), np.cos(2 * np.pi * 11.25 * frames)
    np.testing.assert_allclose(too_fast, heard, atol=1e-9)


@pytest.mark.parametrize("rate", [-1, float("nan")])
def test_a_sway_without_a_rate_is_refused(rate):
    with pytest.raises(ValueError, match=r"rate_hz is .*expected 0 to 15\.625"):
        play.oscillate(A, B, rate)


# --- exaggerating, averaging, shaking ---------------------------------------------------------


def test_scaling_multiplies_every_number():
    np.testing.assert_array_equal(play.scale(A, 2), 2 * A)


def test_the_mean_note_and_its_spread_are_those_of_numpy():
    notes = encoding(7)
    mean, std = play.mean_encoding(list(notes))
    np.testing.assert_allclose(mean, notes.mean(0), atol=1e-6)
    np.testing.assert_allclose(std, notes.std(0), atol=1e-6)
    np.testing.assert_array_equal(play.mean_encoding(notes)[0], mean)
    np.testing.assert_array_equal(play.mean_encoding(iter(notes))[1], std)


def test_one_note_is_its_own_mean_without_spread():
    mean, std = play.mean_encoding([A])
    assert np.array_equal(mean, A) and not std.any()


@pytest.mark.parametrize(
    ("notes", "sentence"),
    [([], "no encodings to average"), ([A, A[:-1]], "encoding 1 has shape"), (A, "encoding 0")],
    ids=["none", "unequal", "single"],
)
def test_notes_that_cannot_be_averaged_are_refused(notes, sentence):
    with pytest.raises(ValueError, match=sentence):
        play.mean_encoding(notes)


def test_a_caricature_runs_from_the_mean_through_the_note_and_beyond():
    np.testing.assert_allclose(play.caricature(A, MEAN, 0), MEAN, atol=1e-6)
    np.testing.assert_allclose(play.caricature(A, MEAN, 1), A, atol=1e-6)
    np.testing.assert_allclose(play.caricature(A, MEAN, 2), 2 * A - MEAN, atol=1e-6)
    np.testing.assert_allclose(play.caricature(A, MEAN, -1), 2 * MEAN - A, atol=1e-6)


def test_noise_has_the_spread_of_real_notes_times_sigma():
    shaken = play.add_noise(np.broadcast_to(A, (400, FRAMES, CHANNELS)), 0.5, MEAN, STD, seed=0)
    assert shaken.std(0) == pytest.approx(0.5 * STD, rel=0.2)
    assert (shaken - A).mean() == pytest.approx(0, abs=0.01)


def test_noise_obeys_the_equation_of_its_source():
    noise = play.add_noise(np.zeros_like(A), 0.5, seed=1)
    wanted = MEAN + STD * ((A - MEAN) / STD + noise)
    np.testing.assert_allclose(play.add_noise(A, 0.5, MEAN, STD, seed=1), wanted, atol=1e-4)


def test_the_same_seed_shakes_the_same_way_and_no_shake_changes_nothing():
    same, other = (play.add_noise(A, 0.5, seed=seed) for seed in (1, 2))
    assert np.array_equal(play.add_noise(A, 0.5, seed=1), same)
    assert not np.array_equal(same, other)
    np.testing.assert_array_equal(play.add_noise(A, 0, MEAN, STD), A)


def test_a_channel_that_never_moves_is_not_shaken():
    shaken = play.add_noise(A, 1.0, MEAN, np.zeros_like(STD))
    np.testing.assert_array_equal(shaken, A)


def test_noise_below_zero_is_refused():
    with pytest.raises(ValueError, match="sigma is -0.1; expected 0"):
        play.add_noise(A, -0.1)


def test_an_analogy_adds_the_step_from_the_first_to_the_second():
    np.testing.assert_allclose(play.analogy(A, B, C), C + B - A, atol=1e-6)
    np.testing.assert_allclose(play.analogy(A, B, A), B, atol=1e-6)


# --- time -------------------------------------------------------------------------------------


@pytest.mark.parametrize(("factor", "frames"), [(0.5, 62), (1.5, 188), (2, 250), (0.01, 1)])
def test_stretching_changes_only_the_number_of_frames(factor, frames):
    ramp = np.linspace(0, 1, FRAMES)[:, None] * np.ones(CHANNELS)
    stretched = play.stretch(ramp, factor)
    np.testing.assert_allclose(stretched[:, 0], np.linspace(0, 1, frames), atol=1e-6)


def test_stretching_agrees_with_torch():
    torch_way = torch.nn.functional.interpolate(
        torch.from_numpy(A.T)[None].double(), 190, mode="linear", align_corners=True
    )
    np.testing.assert_allclose(play.stretch(A, 190 / 125), torch_way[0].T.numpy(), atol=1e-5)


def test_a_factor_of_one_changes_nothing():
    np.testing.assert_array_equal(play.stretch(A, 1), A)


def test_stretching_makes_unequal_sounds_meet():
    assert play.interpolate(A, play.stretch(B[:94], len(A) / 94)).shape == A.shape


@pytest.mark.parametrize("factor", [0, 0.001, -1, float("nan")])
def test_a_factor_that_leaves_nothing_is_refused(factor):
    with pytest.raises(ValueError, match="leaves none of 125 frames"):
        play.stretch(A, factor)


# --- pads -------------------------------------------------------------------------------------

FOUR = encoding(4)  # NW, NE, SW, SE
PLACES = {"NW": (0, 0), "NE": (1, 0), "SW": (0, 1), "SE": (1, 1)}
WEIGHTS = [bilinear_weights, distance_weights]


def nine_by_nine(weights):
    return weights(*np.moveaxis(Grid(FOUR).points, -1, 0))


@pytest.mark.parametrize("weights", WEIGHTS)
@pytest.mark.parametrize(("corner", "place"), list(enumerate(PLACES.values())), ids=PLACES)
def test_each_corner_is_its_own_sound(weights, corner, place):
    np.testing.assert_array_equal(weights(*place), np.eye(4)[corner])
    grid = Grid(FOUR, weights=weights)
    np.testing.assert_array_equal(grid.at(*place), FOUR[corner])
    x, y = place
    np.testing.assert_array_equal(grid.encodings[-y, -x], FOUR[corner])


@pytest.mark.parametrize("weights", WEIGHTS)
def test_weights_sum_to_one_and_the_middle_hears_all_four_alike(weights):
    np.testing.assert_allclose(nine_by_nine(weights).sum(-1), 1, atol=1e-12)
    assert (nine_by_nine(weights) >= 0).all()
    np.testing.assert_allclose(weights(0.5, 0.5), 0.25)


@pytest.mark.parametrize("weights", WEIGHTS)
def test_the_far_corners_are_silent_along_an_edge(weights):
    west = weights(0, np.linspace(0, 1, 9))
    assert not west[:, [1, 3]].any()  # NE and SE
    np.testing.assert_allclose(west[:, 2], np.linspace(0, 1, 9))


@pytest.mark.parametrize("weights", WEIGHTS)
def test_a_pad_seen_in_the_mirror_is_the_pad_of_mirrored_corners(weights):
    mirrored = Grid(FOUR[[1, 0, 3, 2]], weights=weights)
    np.testing.assert_allclose(mirrored.at(0.2, 0.3), Grid(FOUR, weights=weights).at(0.8, 0.3),
                               atol=1e-6)  # fmt: skip


def test_distance_weights_are_those_of_open_nsynth_super():
    assert distance_weights(0.25, 0.25) == pytest.approx([0.607, 0.197, 0.197, 0], abs=5e-4)
    difference = np.abs(nine_by_nine(distance_weights) - nine_by_nine(bilinear_weights))
    assert difference.max() == pytest.approx(0.071, abs=5e-4)


@pytest.mark.parametrize(("weights", "distinct"), [(bilinear_weights, 81), (distance_weights, 77)])
def test_of_81_places_bilinear_weights_make_all_distinct_and_distance_weights_77(weights, distinct):
    assert len(np.unique(nine_by_nine(weights).reshape(-1, 4).round(3), axis=0)) == distinct


def test_a_grid_holds_in_row_and_column_what_is_at_its_points():
    grid = Grid(FOUR, resolution=5)
    assert grid.encodings.shape == (5, 5, FRAMES, CHANNELS)
    np.testing.assert_allclose(grid.points[1, 3], [0.75, 0.25])  # x from the column, y from the row
    np.testing.assert_allclose(grid.encodings[1, 3], grid.at(0.75, 0.25), atol=1e-6)
    by_hand = 0.25 * 0.75 * FOUR[0] + 0.75 * 0.75 * FOUR[1] + 0.25**2 * FOUR[2]
    np.testing.assert_allclose(grid.at(0.75, 0.25), by_hand + 0.75 * 0.25 * FOUR[3], atol=1e-6)


def test_a_grid_of_two_places_per_side_is_its_corners():
    np.testing.assert_array_equal(Grid(FOUR, resolution=2).encodings.reshape(FOUR.shape), FOUR)


def test_pads_of_tensors_give_tensors():
    four = torch.from_numpy(FOUR)
    grid, multigrid = Grid(list(four)), Multigrid(four.view(2, 2, FRAMES, CHANNELS))
    for pad in (grid, multigrid):
        assert torch.is_tensor(pad.encodings) and torch.is_tensor(pad.at(0.1, 0.9))
        np.testing.assert_allclose(pad.encodings.numpy(), Grid(FOUR).encodings, atol=1e-6)


@pytest.mark.parametrize("place", [(1.01, 0.5), (0.5, -0.1), (float("nan"), 0)])
def test_a_place_outside_the_pad_is_refused(place):
    for pad in (Grid(FOUR), Multigrid(FOUR.reshape(2, 2, FRAMES, CHANNELS))):
        with pytest.raises(ValueError, match="lies outside the pad; expected 0 to 1"):
            pad.at(*place)


def test_a_grid_wants_four_sounds_of_one_length_and_two_places():
    with pytest.raises(ValueError, match=r"four corners \(NW, NE, SW, SE\), not 3"):
        Grid(FOUR[:3])
    with pytest.raises(ValueError, match=r"SE has shape \(90, 16\), NW has \(125, 16\)"):
        Grid([*FOUR[:3], FOUR[3][:90]])
    with pytest.raises(ValueError, match="resolution is 1; expected 2"):
        Grid(FOUR, resolution=1)


@pytest.mark.parametrize("weights", WEIGHTS)
def test_four_instruments_per_side_make_25_places_with_each_instrument_on_one(weights):
    sixteen = encoding(4, 4)
    encodings = Multigrid(sixteen, weights=weights).encodings
    assert encodings.shape == (25, 25, FRAMES, CHANNELS)
    np.testing.assert_array_equal(encodings[::8, ::8], sixteen)


@pytest.mark.parametrize("weights", WEIGHTS)
def test_a_multigrid_holds_in_row_and_column_what_is_at_its_points(weights):
    multigrid = Multigrid(encoding(2, 3), resolution=4, weights=weights)
    assert multigrid.encodings.shape == (4, 7, FRAMES, CHANNELS)
    for row, column in np.ndindex(4, 7):
        x, y = multigrid.points[row, column]
        held = multigrid.encodings[row, column]
        np.testing.assert_allclose(held, multigrid.at(x, y), atol=1e-5)


def test_a_place_hears_only_its_four_nearest_instruments():
    loud = np.zeros((4, 4, FRAMES, CHANNELS), np.float32)
    loud[1, 2] = 1  # second row from the top, third column from the left
    around = Multigrid(loud).encodings[..., 0, 0]
    rows, columns = np.nonzero(around)
    assert (rows.min(), rows.max(), columns.min(), columns.max()) == (1, 15, 9, 23)
    assert np.unravel_index(around.argmax(), around.shape) == (8, 16)


@pytest.mark.parametrize("shape", [(1, 2), (2, 1), (9, 2), (2, 9)])
def test_a_multigrid_holds_two_to_eight_instruments_per_side(shape):
    with pytest.raises(ValueError, match="expected a rectangle of 2 x 2 to 8 x 8"):
        Multigrid(encoding(*shape))


def test_a_ragged_multigrid_is_refused():
    with pytest.raises(ValueError, match="the rows hold 2, 3 instruments"):
        Multigrid([[A, B], [A, B, C]])
