"""Listening tests: simulated listeners of whom it is known what they hear, and broken files."""

import json
from math import comb

import numpy as np
import pytest
from commands import exit_code

from nsynth_edu.classroom import ListeningTest, abx, plot_listening
from nsynth_edu.evaluation import analyse, listening, pool, report_listening
from nsynth_edu.evaluation.listening import ANCHOR, REFERENCE
from nsynth_edu.evaluation.listening_files import FORMAT, Result
from nsynth_edu.sound import decibels

ITEMS = ["flute", "guitar"]
HEARD = {"guessing": (0.5, 0.5), "deaf to the flute": (0.5, 0.95), "careful": (0.95, 0.95)}
RATED = {  # mean and spread of a rating, by listener
    "careful": {REFERENCE: (98, 2), ANCHOR: (80, 8), "network": (55, 10)},
    "deaf to mu-law": {REFERENCE: (98, 2), ANCHOR: (98, 2), "network": (55, 10)},
    "guessing": dict.fromkeys([REFERENCE, ANCHOR, "network"], (50, 25)),
}


def answers(chance, kind, mode="abx", trials=10, first=0.5):
    """One listener's file, as the page writes it."""
    about = {"format": FORMAT, "test": f"{mode} of {trials}", "title": "Copies", "mode": mode,
             "listener": f"{chance.integers(2**32):08x}", "seed": int(chance.integers(2**32)),
             "attempt": 1, "planned": trials}  # fmt: skip
    items = [ITEMS[i % 2] for i in chance.permutation(trials)]
    rows = [{"item": item, "seconds": 4.2, "plays": 3} for item in items]
    if mode == "rating":
        for row in rows:
            row["ratings"] = {
                name: int(np.clip(round(chance.normal(*rated)), 0, 100))
                for name, rated in RATED[kind].items()
            }
        return about | {"systems": list(RATED[kind]), "trials": rows}
    for row in rows:
        if mode == "abx":
            x = chance.integers(2)
            right = chance.random() < HEARD[kind][ITEMS.index(row["item"])]
            row |= {"x": "ab"[x], "answer": "ab"[x if right else 1 - x]}
        else:
            row["answer"] = "a" if chance.random() < first else "b"
    return about | {"systems": ["a", "b"], "trials": rows}


def results(listeners):
    """The same, as `pool` hands them on."""
    return [
        Result(f"{n}.json", one["test"], one["title"], one["mode"], one["listener"],
               tuple(one["systems"]), tuple(one["trials"]))
        for n, one in enumerate(listeners)
    ]  # fmt: skip


def a_class(chance, kind, count, **about):
    return results([answers(chance, kind, **about) for _ in range(count)])


@pytest.fixture
def chance():
    return np.random.default_rng(7)


# --- one listener -----------------------------------------------------------------------------


@pytest.mark.parametrize("trials", [8, 10, 16])
def test_a_score_is_told_with_how_often_guessing_does_as_well(trials):
    told = listening.verdicts("abx", trials)
    for score, sentence in enumerate(told):
        luck = sum(comb(trials, k) for k in range(score, trials + 1)) / 2**trials
        assert sentence.startswith(f"{score} of {trials}: ")
        assert f"in {listening.percent(luck)} of cases" in sentence
        assert ("You hear a difference" in sentence) == (luck < 0.05)
    assert (
        "7 of 10: guessing alone does as well in 17 % of cases" in listening.verdicts("abx", 10)[7]
    )
    assert "mixed up" in told[0] and "mixed up" not in told[trials // 2]


def test_a_preference_is_told_by_name_and_only_where_luck_is_rare():
    told = listening.verdicts("preference", 10, ("old", "new"))
    assert "You prefer old" in told[9] and "You prefer new" in told[1]
    assert all("no preference" in told[k] for k in range(2, 9))


# --- a class ----------------------------------------------------------------------------------


def test_guessing_classes_pass_for_hearing_ones_at_most_as_often_as_stated(chance):
    classes = [analyse(a_class(chance, "guessing", 12))["rows"] for _ in range(200)]
    whole = np.mean([rows[-1]["chance"] < listening.LEVEL for rows in classes])
    either = np.mean([min(r["chance"] for r in rows[:-1]) < listening.LEVEL for rows in classes])
    assert 0 < whole <= 0.06 and either <= 0.06, "0.05, and its spread over 200 classes"


def test_who_is_deaf_to_one_difference_is_found_deaf_to_that_one(chance):
    found = {}
    for kind in HEARD:
        rows = analyse(a_class(chance, kind, 15))["rows"]
        found[kind] = {row["name"]: row for row in rows}
    heard = {k: [each[item]["chance"] < 0.05 for item in ITEMS] for k, each in found.items()}
    assert heard == {
        "guessing": [False, False], "deaf to the flute": [False, True], "careful": [True, True],
    }  # fmt: skip
    for kind, shares in HEARD.items():
        for item, share in zip(ITEMS, shares, strict=True):
            row = found[kind][item]
            assert row["low"] <= share <= row["high"] and row["trials"] == 15 * 5


def test_intervals_hold_the_truth_as_often_as_the_docstring_says(chance):
    # half the class guesses, half hears: what lies between listeners is the larger spread
    held = 0
    for _ in range(200):
        kinds = np.where(chance.random(20) < 0.5, "guessing", "careful")
        row = analyse(results([answers(chance, kind) for kind in kinds]))["rows"][-1]
        held += row["low"] <= 0.725 <= row["high"]
    assert 0.91 <= held / 200 <= 0.99


def test_a_listener_alone_is_counted_as_one_who_shows_a_difference(chance):
    mixed = a_class(chance, "careful", 5) + a_class(chance, "guessing", 5)
    assert analyse(mixed)["own"] in (4, 5)
    alone = analyse(a_class(chance, "careful", 1))
    assert alone["rows"][-1]["low"] is None and "1 listener\n" in report_listening(alone)


def test_a_class_prefers_by_listeners_not_by_trials(chance):
    # one person in ten who always says b is no preference of the class
    one = [answers(chance, "", "preference", first=0.0)]
    others = [answers(chance, "", "preference", first=0.5) for _ in range(9)]
    assert analyse(results(one + others))["rows"][-1]["chance"] > 0.05
    found = analyse(results([answers(chance, "", "preference", first=0.85) for _ in range(12)]))
    row = found["rows"][-1]
    assert row["name"] == "a, all trials" and row["chance"] < 0.05 and row["low"] > 0.5
    assert row["trials"] <= 12


def test_ratings_tell_what_lies_below_the_reference_and_guessers_are_left_out(chance):
    careful = a_class(chance, "careful", 12, mode="rating", trials=8)
    guessing = a_class(chance, "guessing", 3, mode="rating", trials=8)
    found = analyse(careful + guessing)
    assert found["listeners"] == 12 and len(found["left_out"]) == 3
    rows = {row["name"]: row for row in found["rows"]}
    assert rows[ANCHOR]["chance"] < 0.05 and rows["network"]["chance"] < 0.05
    assert rows["network"]["below"]["low"] <= 43 <= rows["network"]["below"]["high"]
    said = report_listening(found)
    assert listening.RULE in said and all(name in said for name in found["left_out"])
    deaf = analyse(a_class(chance, "deaf to mu-law", 12, mode="rating", trials=8))
    rows = {row["name"]: row for row in deaf["rows"]}
    assert rows[ANCHOR]["chance"] > 0.05 and rows["network"]["chance"] < 0.05
    with pytest.raises(ValueError, match="no listener is left: all missed the hidden reference"):
        analyse(guessing)


def test_the_rule_allows_one_miss_of_eight_and_no_more(chance):
    [one] = a_class(chance, "careful", 1, mode="rating", trials=8)
    for misses, stays in ((0, True), (1, True), (2, False)):
        for number, trial in enumerate(one.trials):
            trial["ratings"][REFERENCE] = 89 if number < misses else 90
        assert listening.faithful(one) == stays


def test_the_picture_shows_each_listener_and_the_mean(chance):
    found = analyse(a_class(chance, "careful", 12))
    [ax] = plot_listening(found).axes
    assert [label.get_text() for label in ax.get_yticklabels()] == [*ITEMS, "all trials"]
    dots = ax.collections[-1].get_offsets()[:, 0]
    assert set(dots) == {round(100 * share) for share in found["rows"][-1]["values"]}


# --- files ------------------------------------------------------------------------------------

BROKEN = {
    "not JSON": lambda _: "{",
    "a list": lambda _: "[]",
    "too deep": lambda _: "[" * 100_000,
    "NaN": lambda one: json.dumps(one | {"attempt": float("nan")}),
    "another format": lambda one: one | {"format": "mushra"},
    "an unknown mode": lambda one: one | {"mode": ["abx"]},
    "a name that moves the cursor": lambda one: one | {"title": "\x1b[2J"},
    "one sound": lambda one: one | {"systems": ["a"]},
    "sounds that are no names": lambda one: one | {"systems": [["a"], {}]},
    "a sound twice": lambda one: one | {"systems": ["a", "a"]},
    "a later attempt": lambda one: one | {"attempt": 2},
    "too few trials": lambda one: one | {"planned": 3, "trials": one["trials"][:3]},
    "broken off": lambda one: one | {"trials": one["trials"][:7]},
    "no such sound": lambda one: one | {"trials": [*one["trials"][:9], {"item": "x", "x": "c"}]},
    "a trial without answer": lambda one: one | {"trials": [*one["trials"][:9], None]},
}


@pytest.mark.parametrize("kind", BROKEN)
def test_a_broken_file_is_named_in_one_sentence_and_the_others_count(kind, chance, tmp_path):
    for n in range(2):
        (tmp_path / f"good_{n}.json").write_text(json.dumps(answers(chance, "careful")))
    content = BROKEN[kind](answers(chance, "careful"))
    content = content if isinstance(content, str) else json.dumps(content)
    (tmp_path / "bad.json").write_text(content)
    kept, [sentence] = pool([tmp_path])
    assert [result.name for result in kept] == ["good_0.json", "good_1.json"]
    assert sentence.startswith("bad.json: ") and sentence.endswith(".")
    assert sentence.isprintable() and "; expected" in sentence and len(sentence) < 160


def test_ratings_need_all_sounds_and_numbers_from_0_to_100(chance, tmp_path):
    for value in (101, -1, True, "90", None, 1e400):
        one = answers(chance, "careful", "rating", 8)
        one["trials"][3]["ratings"]["network"] = value
        (tmp_path / "one.json").write_text(json.dumps(one))
        kept, refused = pool([tmp_path / "one.json"])
        assert kept == [] and len(refused) == 1


def test_a_listener_counts_once_and_another_test_not_at_all(chance, tmp_path):
    one = answers(chance, "careful")
    other = answers(chance, "careful") | {"systems": ["a", "c"]}
    other["trials"] = [trial | {"x": "a", "answer": "a"} for trial in other["trials"]]
    for name, content in {"a": one, "b": one, "c": answers(chance, "guessing"), "d": other}.items():
        (tmp_path / f"{name}.json").write_text(json.dumps(content))
    kept, refused = pool([tmp_path])
    assert [result.name for result in kept] == ["a.json", "c.json"]
    assert refused[0].startswith("d.json: is of another test") or refused[1].startswith("d.json")
    assert any(sentence.startswith("b.json: is of the same listener as a") for sentence in refused)


def test_the_command_prints_the_table_and_names_what_it_refuses(chance, tmp_path, capsys):
    for n in range(3):
        (tmp_path / f"{n}.json").write_text(json.dumps(answers(chance, "careful")))
    (tmp_path / "3.json").write_text("no")
    line = f"listening {tmp_path} --figure {tmp_path}/class.png --json {tmp_path}/all.txt"
    assert exit_code(line) == 1 and "ends in .json" in capsys.readouterr().err
    assert exit_code(f"listening {tmp_path} --figure {tmp_path}/class.png") == 0
    out, err = capsys.readouterr()
    assert "| all trials |" in out and "3 listeners" in out
    assert (
        err == "nsynth-edu: 3.json: is not JSON; expected the file as the test's page saved it.\n"
    )
    assert (tmp_path / "class.png").stat().st_size > 5_000
    assert exit_code(f"listening {tmp_path}/3.json {tmp_path}/none.json") == 1
    err = capsys.readouterr().err
    assert "none.json: No such file" in err and "2 files refused, none left" in err


# --- the widget, without a page ---------------------------------------------------------------


def tone(level, seconds=0.5, hertz=440):
    time = np.arange(int(16_000 * seconds)) / 16_000
    return (level * np.sin(2 * np.pi * hertz * time)).astype(np.float32)


def test_all_sounds_get_the_loudness_of_the_softest():
    test = ListeningTest(
        {"low": {"a": tone(0.5), "b": tone(0.1)}, "high": {"a": tone(0.9), "b": tone(0.3, 0.2)}},
        title="Tones",
    )
    heard = [sound for each in test.waveforms().values() for sound in each.values()]
    assert len({len(sound) for sound in heard}) == 1, "no length gives a sound away"
    levels = [decibels(sound) for sound in heard]
    assert np.ptp(levels) < 0.02 and levels[0] == pytest.approx(-20, abs=0.02)
    assert "−20.0 dBFS" in test.loudness and "turned down by 19.1 dB" in test.loudness
    with pytest.raises(ValueError, match="'b'.*is silent"):
        ListeningTest({"a": tone(0.5), "b": tone(0)}, title="Nothing")


def test_a_rating_hides_the_reference_and_its_mu_law_copy():
    test = ListeningTest({"a": tone(0.5), "b": tone(0.4, hertz=220)}, "rating", title="Tones",
                         reference="a")  # fmt: skip
    assert test.systems == [REFERENCE, ANCHOR, "b"] and test.rule == listening.RULE
    sounds = test.waveforms()["sound"]
    error = sounds[ANCHOR] - sounds[REFERENCE]
    assert 30 < decibels(sounds[REFERENCE]) - decibels(error) < 45, "8-bit mu-law: about 37 dB"


@pytest.mark.parametrize(
    "wrong",
    [{"mode": "guess"}, {"trials": 7}, {"trials": 101}, {"reference": "a"},
     {"mode": "rating"}, {"mode": "rating", "reference": "c"},
     {"sounds": {"a": tone(1)}}, {"sounds": {"x": {"a": tone(1)}, "y": {"b": tone(1)}}}],
)  # fmt: skip
def test_what_does_not_fit_is_refused_in_a_sentence(wrong):
    sounds = {"a": tone(0.5), "b": tone(0.4)}
    with pytest.raises(ValueError, match="; expected"):
        ListeningTest(**{"sounds": sounds, "title": "Tones"} | wrong)


def test_a_test_that_was_taken_says_its_score_and_one_that_was_not_says_so(chance):
    test = abx("00.morph", {"a": tone(0.5), "b": tone(0.4)})
    shown = test.result()
    assert repr(shown) == "Not taken yet: take the test above and run this again, or unfold."
    assert shown.body.index("<details>") < shown.body.index("The morph is one voice")
    taken = answers(chance, "careful")
    for number, trial in enumerate(taken["trials"]):
        trial["answer"] = trial["x"] if number < 7 else "ab"[trial["x"] == "a"]
    test.results = taken
    assert test.score == 7
    assert repr(test.result()).startswith("7 of 10: guessing alone does as well in 17 % of cases.")
    assert "<details>" not in test.result().body and test.result().body.count("<audio") == 2


def test_without_a_kernel_the_notebook_holds_the_test_itself():
    test = abx("00.morph", {"a": tone(0.5), "</script>": tone(0.4)})
    bundle, _ = test._repr_mimebundle_()
    assert "Not taken yet" in bundle["text/plain"]
    assert bundle["text/html"].count("</script>") == 2, "a name ends no script"
