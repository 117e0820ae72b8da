"""Every number that the prose of lesson 06 states, and every refutation, computed again.

The lesson's one run is asked for what it has found.
What is said of the trained pocket model is asked with room for a better one.
"""

import numpy as np
import pytest
from lessons import ask, read

from nsynth_edu.classroom import questions
from nsynth_edu.models import NSynthConfig, load_model, receptive_field

LESSON = "06_the_autoencoder.ipynb"
pytestmark = pytest.mark.xdist_group(LESSON)


def found_in(lesson):
    """What the lesson's variables say; runs in its kernel."""
    import numpy as np

    from nsynth_edu.sound import (
        cents_off,
        envelope,
        envelope_correlation,
        mu_law_encode,
        pitch_contour,
    )

    def level(x):
        loud = envelope(x)
        return 20 * np.log10(np.maximum(loud / loud.max(), 1e-6))

    files = ("notes/flute_60", "reconstructions/flute_60")
    vibrato = [pitch_contour(lesson.load_note(file))[31:78] for file in files]

    own = [lesson.model.encode(note) for note in lesson.notes]
    wrong = [*own[1:], own[0]]

    def near(a, b):
        return float(lesson.multi_scale_spectral_distance(a, b))

    return {
        "shapes": [
            list(lesson.guitar.shape),
            list(lesson.z.shape),
            list(np.repeat(lesson.z, 512, axis=0).shape),
        ],
        "moved": np.flatnonzero(lesson.moved > 1e-5).tolist(),
        "spread": [lesson.z.std(0).tolist(), lesson.z_flute.std(0).tolist()],
        "means": [lesson.z.mean(0).tolist(), lesson.z_flute.mean(0).tolist()],
        "leap": [
            float(np.abs(np.diff(lesson.z[:110], axis=0)).mean()),
            float(np.abs(np.diff(lesson.z[110:], axis=0)).mean()),
        ],
        "takes": {name: near(sound, lesson.second) for name, sound in lesson.takes.items()},
        "to_flute": near(lesson.takes["true past, flute's z"], lesson.flute[:16_384]),
        "unrelated": near(lesson.second, lesson.flute[:16_384]),
        "mu_law": near(lesson.mu_law_decode(mu_law_encode(lesson.second)), lesson.second),
        "cost": {
            how: lesson.teacher_forced_surprise(lesson.model, lesson.second, one, 60).mean()
            for how, one in lesson.damaged.items()
        },
        "wrong_z": [
            near(
                lesson.mu_law_decode(
                    lesson.teacher_forced_logits(lesson.model, note, other, pitch=60).argmax(axis=0)
                ),
                note,
            )
            for note, other in zip(lesson.notes, wrong, strict=True)
        ],
        "shuffles": [
            lesson.teacher_forced_surprise(
                lesson.model,
                lesson.second,
                lesson.own[:, np.random.default_rng(seed).permutation(16)],
                60,
            ).mean()
            for seed in (6, 7, 8)
        ],
        "envelopes": {
            how: float(envelope_correlation(x, lesson.second)) for how, x in lesson.decoded.items()
        },
        "losses": lesson.losses,
        "distances": lesson.distances,
        "copied": {
            name: [
                near(copy, source := lesson.sources[name.split(",")[0]]),
                float(lesson.decibels(copy) - lesson.decibels(source)),
            ]
            for name, copy in lesson.copied.items()
        },
        "knobs": {
            name: [effect.tolist(), by_seed.tolist()]
            for name, (effect, by_seed) in lesson.knobs.items()
        },
        "nearest": [
            lesson.pad.read(x, y, "network")["nearest"] for x, y in [(0, 0), (1, 0), (0, 1), (1, 1)]
        ],
        "levels": {how: level(x).tolist() for how, x in lesson.half.items()},
        "ends": [level(x[:30_720]).tolist() for x in (lesson.flute, lesson.guitar)],
        "tour": {
            name: [lesson.harmonic_energy(sound, pitch), lesson.harmonic_energy(came, pitch)]
            for (name, sound), pitch, came in zip(
                lesson.hard.items(), lesson.pitches, lesson.back, strict=True
            )
        },
        "tour_g": [lesson.harmonic_energy(x, 67) for x in (lesson.chord, lesson.back[0])],
        "tour_cents": [
            cents_off(x, pitch) for pitch, x in zip(lesson.pitches, lesson.back, strict=True)
        ],
        "tour_ends": [cents_off(x, 48) for x in (lesson.back[2][:8_000], lesson.back[2][-8_000:])],
        "tour_peak": [float(np.abs(x).max()) for x in lesson.back],
        "tour_clicks": [float(lesson.clicks_per_second(x)) for x in lesson.hard.values()],
        "wobble": {
            file: lesson.pitch_deviation(lesson.load_note(file)[16_000:40_000], 60)
            for file in (
                "notes/church_organ_60",
                "reconstructions/church_organ_60",
                "notes/flute_60",
                "reconstructions/flute_60",
            )
        },
        "vibrato": float(np.corrcoef(*vibrato)[0, 1]),
        "bright": {
            file: lesson.spectral_centroid(lesson.load_note(file))
            for file in ("notes/flute_60", "reconstructions/flute_60")
        },
    }


@pytest.fixture(scope="module")
def found():
    return ask(LESSON, found_in)


# --- shapes -----------------------------------------------------------------------------------


def test_shapes_and_rates_are_as_stated(found):
    text = read(LESSON)
    (samples,), (frames, channels), upsampled = found["shapes"]
    assert samples == 64_000 and "The guitar itself has 64,000 samples" in text
    assert frames * channels == 2_000 and "2,000 numbers that describe the guitar" in text
    assert upsampled == [64_000, 16] and "each frame is repeated 512 times" in text
    assert 512 / 16_000 == 0.032 and "16 numbers every 32 ms" in text
    assert (
        16 * 32 == 512 and "16 numbers of 32 bits could carry one bit for each of the 512" in text
    )
    published = NSynthConfig.nsynth()
    field = receptive_field(published.kernel_size, [2 ** (i % 10) for i in range(30)], 3)
    assert f"{field:,} samples, {field / 16:.1f} ms" in text


def test_the_six_numbers_are_pooled_as_stated():
    text = read(LESSON)
    for six in ([2, 4, 6, 1, 1, 1], [6, 4, 2, 0, 1, 2]):
        assert np.reshape(six, (2, 3)).mean(1).tolist() == [4, 1]
        assert ", ".join(map(str, six)) in text


def test_one_sample_changes_two_frames_to_either_side(found):
    """The reach of the encoder by its shape, and by what moved."""
    config = load_model("pocket").config
    reach = 1 + sum(2 ** (i % config.cycle) for i in range(config.encoder_layers))
    asked = questions.find("06.poke", "PREDICTIONS")
    assert reach == 1_024
    assert "1,024 samples to either side: two frames" in asked.options[asked.right]
    assert 31 * 512 == 15_872 and "samples 15,872 to 16,383" in asked.question
    assert found["moved"] == [29, 30, 31, 32, 33]
    assert [(16_000 - reach) // 512, (16_000 + reach) // 512] == [29, 33]


def test_what_the_pictures_of_z_show(found):
    drift, leap = found["leap"]
    assert leap > 2 * drift, "z leaps as the string falls silent"
    means, spread = np.array(found["means"]), np.array(found["spread"])
    opposite = means[0] * means[1] < 0
    assert opposite.sum() >= 3, "several channels lie on opposite sides of zero"
    assert (np.abs(means[0] - means[1]) < spread.sum(0)).any(), "and ranges overlap"


def test_the_networks_are_as_wide_and_deep_as_stated():
    text, ours, published = read(LESSON), load_model("pocket").config, NSynthConfig.nsynth()
    wide = f"The published encoder is {published.encoder_channels} wide and "
    deep = f"{published.encoder_layers} layers deep, ours {ours.encoder_channels} and "
    assert wide + deep + f"{ours.encoder_layers}." in text
    assert not published.pitch_conditioned and ours.pitch_conditioned


# --- what is refuted --------------------------------------------------------------------------


def test_a_wrong_z_with_the_true_past_beats_the_right_one_running_free(found):
    takes = found["takes"]
    assert takes["true past, own z"] < takes["true past, flute's z"]
    assert takes["true past, flute's z"] < takes["running free, own z"]
    assert takes["running free, own z"] < takes["running free, flute's z"]
    nearer = [a < b for a, b in zip(found["wrong_z"], found["distances"], strict=True)]
    assert 3 <= sum(nearer) and "for most of five notes" in read(LESSON)
    assert found["to_flute"] > takes["true past, flute's z"] + 1, "it is the guitar that sounds"


def test_a_frozen_z_costs_least_and_shuffles_cost_what_their_sentence_says(found):
    cost = found["cost"]
    assert sorted(cost, key=cost.get)[:2] == ["own", "frozen"]
    assert cost["frozen"] - cost["own"] < 1.5
    shuffled = questions.find("06.damage", "PREDICTIONS").options["channels shuffled"]
    assert max(found["shuffles"]) > 2 * min(found["shuffles"]) and "more than twice" in shuffled
    envelopes = found["envelopes"]
    assert envelopes["own"] > 0.8
    assert envelopes["frozen"] < 0.5 and envelopes["shuffled"] < 0.5, "the string is gone"


def test_the_order_by_loss_is_not_the_order_by_sound(found):
    assert np.argsort(found["losses"]).tolist() != np.argsort(found["distances"]).tolist()
    lowest = int(np.argmin(found["losses"]))
    assert sum(np.array(found["distances"]) < found["distances"][lowest]) >= 2, (
        "two notes come back better"
    )


def test_the_mean_is_nearer_to_the_flute_and_loses_the_noise(found):
    copied = found["copied"]
    assert copied["flute, mean"][0] < 0.7 * copied["flute, random"][0]
    assert abs(copied["flute, mean"][1]) < 2, "as loud as before"
    assert copied["noise, mean"][0] > copied["noise, random"][0]
    assert copied["noise, mean"][1] < copied["noise, random"][1] - 4 < -4, "nearly silent"
    assert load_model("pocket").recommended_sampling == "auto"


def test_brightness_of_the_trumpet_is_moved_by_several_channels(found):
    (effect, by_seed), (organ, organ_seed) = found["knobs"]["trumpet"], found["knobs"]["organ"]
    beyond = np.abs(effect) > by_seed
    assert 2 <= beyond[:, 0].sum() <= 8
    assert np.median(np.abs(np.array(organ)[:, 0])) < organ_seed[0], "no more than a seed does"


def test_the_mix_has_two_onsets_and_the_network_one_that_fades(found):
    mix, network = np.array(found["levels"]["mix"]), np.array(found["levels"]["network"])
    assert mix[:3].max() > mix[3:7].min() + 1, "a pluck, then a dip"
    assert mix[8:20].max() > mix[3:7].min() + 4, "then the flute"
    rising = network[: network.argmax() + 1]
    assert (np.diff(rising) > -1.5).all(), "up once, without a dip"
    flute, guitar = found["ends"]
    assert min(flute[-3:]) > -4 and max(guitar[-3:]) < -20
    assert network[-6:].mean() < mix[-6:].mean() - 3


def test_the_network_misses_a_corner_of_its_own_pad(found):
    assert found["nearest"][:3] == ["trumpet", "flute", "nylon guitar"]
    assert found["nearest"][3] != "church organ" and "which corner" in read(LESSON)


def test_what_it_has_not_learnt_comes_back_as_one_note_or_not_at_all(found):
    tour = found["tour"]
    assert tour["noise"][0] < 0.3 and tour["noise"][1] > 0.8, "noise becomes a tone"
    assert tour["chord"][0] < 0.75 and tour["chord"][1] > 0.85, "one note of the chord"
    before, after = found["tour_g"]
    assert after < before - 0.15, "and the other is gone"
    assert tour["voice"][0] < 0.4 and tour["voice"][1] > 0.8, "the glide stands still"
    assert all(abs(cents) < 60 for cents in found["tour_ends"])
    assert found["tour_clicks"][3] > 0 and found["tour_peak"][3] < 0.05, "clicks are silence"
    assert all(abs(cents) < 50 for cents in found["tour_cents"][:3])


def test_the_faults_of_the_copies_are_as_announced(found):
    """Shipped sounds, so these hold until they are generated anew."""
    original, copy = found["bright"].values()
    assert copy < 0.7 * original, "the flute loses overtones"
    steady, wobbling, swinging, other = found["wobble"].values()
    assert wobbling > 1.5 * steady, "a wobbling organ"
    assert other < 0.5 * swinging, "the flute's vibrato is smoothed"


def test_unrelated_notes_lie_about_as_far_apart_as_stated(found):
    assert "unrelated notes: about 6" in read(LESSON)
    assert 4.5 < found["unrelated"] < 7.5
    assert found["mu_law"] < 1


# --- the checks -------------------------------------------------------------------------------


def test_the_checks_expect_what_the_lesson_has(found):
    (samples,), (frames, channels), _ = found["shapes"]
    assert questions.find("06.shape", "CHECKS").expected == samples / (frames * channels)
    assert questions.find("06.yours", "CHECKS").expected == samples // 256 * channels
    assert np.reshape([2, 4, 6, 1, 1, 1], (2, 3)).mean(1).tolist() == (
        questions.find("06.pool", "CHECKS").expected
    )
