"""Listening tests: what one listener's answers show, and what a whole class's do.

Three kinds of test: `abx` (is X the sound A or B?), `preference` (A or B?) and `rating` (0 to 100
against a known reference, with the same reference hidden among the sounds, after MUSHRA).

Chance comes first: each count of answers is compared with what guessing gives. An ABX is tested
over all trials, as a class of guessers is a long row of coin flips. Preferences and ratings are
tested over listeners, one vote each: a person's own answers are no independent evidence.
"""

import numpy as np
import scipy  # its parts are imported with their first use

from nsynth_edu.sound import as_waveform, decibels

MODES = ("abx", "preference", "rating")
REFERENCE, ANCHOR = "hidden reference", "mu-law copy"  # of every rating
LEVEL = 0.05  # how often luck alone may pass for a finding
FEWEST, MOST = 8, 100  # trials; with fewer, even a single error costs the evidence
MOST_SOUNDS = 12  # that are compared
FAITHFUL, MISSED = 90, 0.15  # rating of the hidden reference; share of trials it may be missed in
RULE = (  # the post-screening of ITU-R BS.1534-3; told before the test
    f"One of the sounds is the reference itself. Whoever rates it below {FAITHFUL} in more than "
    f"{100 * MISSED:.0f} % of the trials is left out when a class's results are put together."
)
RESAMPLES = 4999


def matched(sounds):
    """Bring sounds to one loudness: the root mean square of the softest, over the whole sound.

    Args:
        sounds: {name: waveform (time,)}.

    Returns:
        {name: float32 (time,)}; nothing gets louder, and shorter ones are followed by silence.

    Raises:
        ValueError: if a sound is silent; AudioError if one is not a row of finite numbers.
    """
    sounds = {name: as_waveform(sound) for name, sound in sounds.items()}
    longest = max(map(len, sounds.values()))
    sounds = {name: np.pad(sound, (0, longest - len(sound))) for name, sound in sounds.items()}
    levels = {name: decibels(sound) for name, sound in sounds.items()}
    if silent := [name for name, level in levels.items() if level == -np.inf]:
        raise ValueError(f"{silent[0]!r} is silent; expected a sound that can be heard.")
    softest = min(levels.values())
    return {
        name: sound * np.float32(10 ** ((softest - levels[name]) / 20))
        for name, sound in sounds.items()
    }


def verdicts(mode, trials, systems=("A", "B")):
    """What each possible score of one listener means.

    Args:
        mode: "abx" or "preference". trials: how many. systems: names of the two sounds.

    Returns:
        list of str, one for each score from 0 to `trials`: of right answers, or of choices of the
        first system.
    """
    say = {"abx": _abx_verdict, "preference": _preference_verdict}[mode]
    return [say(score, trials, systems) for score in range(trials + 1)]


def by_luck(score, trials, alternative="greater"):
    """How often guessing alone gets such a score, or one that is further off.

    Args:
        score: right answers of so many `trials`. alternative: "greater", "less" or "two-sided".

    Returns:
        float, 0 to 1, by the binomial distribution with chances of one half.
    """
    return float(scipy.stats.binomtest(score, trials, 0.5, alternative).pvalue)


def needed(trials):
    """The fewest right answers that guessing reaches in less than one case of twenty."""
    return next(k for k in range(trials + 1) if by_luck(k, trials) < LEVEL)


def power(trials, share):
    """How often a listener who is right in that share of trials shows it in an ABX.

    Args:
        trials: how many. share: of right answers in the long run, 0 to 1.

    Returns:
        float, 0 to 1: the probability of `needed(trials)` right answers or more.
    """
    return float(scipy.stats.binom.sf(needed(trials) - 1, trials, share))


def _abx_verdict(score, trials, systems):
    luck = by_luck(score, trials)
    first = f"{score} of {trials}: guessing alone does as well in {percent(luck)} of cases."
    if luck < LEVEL:
        return f"{first} You hear a difference; luck is a poor explanation."
    if by_luck(score, trials, "less") < LEVEL / 2:
        return f"{first} So low a score is rare, too: were the two answers mixed up?"
    least = needed(trials)
    return (
        f"{first} That is no evidence that you hear a difference, and none that there is nothing "
        f"to hear. {least} of {trials} would be evidence: guessing gets there in "
        f"{percent(by_luck(least, trials))} of cases."
    )


def _preference_verdict(score, trials, systems):
    luck = by_luck(score, trials, "two-sided")
    first = (
        f"{score} of {trials} for {systems[0]}, {trials - score} for {systems[1]}: choosing by "
        f"luck is as one-sided in {percent(luck)} of cases."
    )
    if luck < LEVEL:
        return f"{first} You prefer {systems[0] if 2 * score > trials else systems[1]}."
    return f"{first} That shows no preference."


def percent(share):
    """A share as people read it: 17 %, 1.1 %, less than 0.1 %."""
    if 0 < share < 0.001:
        return "less than 0.1 %"
    return f"{100 * share:.{0 if share >= 0.0995 or share == 0 else 1}f} %"


def faithful(result):
    """Whether a listener found the hidden reference, by `RULE`; true where there is none."""
    if result.mode != "rating":
        return True
    found = [trial["ratings"][REFERENCE] >= FAITHFUL for trial in result.trials]
    return 1 - np.mean(found) <= MISSED


def analyse(results):
    """Put the listeners of one test together.

    Args:
        results: list of `Result`, as `pool` gives them: one test, each listener once.

    Returns:
        dict: `title`, `mode`, `listeners` (how many count), `left_out` (names of the files that
        `RULE` leaves out), `own` (ABX: how many listeners show a difference on their own), and
        `rows`, each a dict of `name`, `values` (one per listener, a share or a rating), their
        `mean` with its 95 % interval `low` and `high`, and a binomial test: `successes` of
        `trials`, and `chance`, how often luck does as well, times the number of tests in the
        table. A rating's rows also have `below`: how far below the hidden reference, with its
        interval.

        Intervals are None for a single listener. They are bootstrapped (BCa): of 400 simulated
        classes of 20, 94 to 96 % held the true mean, of 12 listeners 92 to 94 %, of 6 only 86 to
        89 %.

    Raises:
        ValueError: if no listener is left.
    """
    heard = [result for result in results if faithful(result)]
    if not heard:
        raise ValueError(
            "no listener is left: " + "all missed the hidden reference."
            if results
            else "there are no results; expected a file from each listener."
        )
    mode = heard[0].mode
    found = {
        "title": heard[0].title,
        "mode": mode,
        "listeners": len(heard),
        "left_out": [result.name for result in results if not faithful(result)],
        "rows": {"abx": _abx, "preference": _preference, "rating": _rating}[mode](heard),
    }
    if mode == "abx":
        scores = [[_right(trial) for trial in result.trials] for result in heard]
        found["own"] = sum(by_luck(sum(score), len(score)) < LEVEL for score in scores)
    return found


def _right(trial):
    return trial["answer"] == trial["x"]


def _abx(results):
    """Shares of right answers: of each sound, and of all."""
    rows = []
    for name, tests, scores in _by_item(results, _right):
        successes, trials = sum(map(sum, scores)), sum(map(len, scores))
        chance = min(1.0, tests * by_luck(successes, trials))
        test = {"successes": successes, "trials": trials, "chance": chance}
        shares = [float(np.mean(score)) for score in scores]
        rows.append({"name": name, "values": shares} | interval(shares) | test)
    return rows


def _preference(results):
    """Shares of choices of the first system; each listener has one vote in the test."""
    first = results[0].systems[0]
    rows = []
    for name, tests, scores in _by_item(results, lambda trial: trial["answer"] == first):
        shares = np.array([np.mean(score) for score in scores])
        test = _sign_test(shares - 0.5, tests)
        name = {"name": f"{first}, {name}", "values": shares.tolist()}
        rows.append(name | interval(shares) | test)
    return rows


def _by_item(results, score):
    """(name, number of tests, scores of each listener): of each item if there are several, of all.

    The row of all is a test of its own, asked for first; those of the items share their level.
    """
    items = list(dict.fromkeys(trial["item"] for trial in results[0].trials))
    rows = [(item, len(items), [item]) for item in items] if len(items) > 1 else []
    for name, tests, wanted in [*rows, ("all trials", 1, items)]:
        yield name, tests, [
            [score(trial) for trial in result.trials if trial["item"] in wanted]
            for result in results
        ]  # fmt: skip


def _rating(results):
    """Mean ratings, and how far each sound lies from the hidden reference."""
    rated = {
        system: np.array([
            np.mean([trial["ratings"][system] for trial in result.trials]) for result in results
        ])
        for system in results[0].systems
    }  # fmt: skip
    rows = []
    for system, means in rated.items():
        row = {"name": system, "values": means.tolist()} | interval(means)
        if system != REFERENCE:
            below = rated[REFERENCE] - means
            row |= {"below": interval(below)} | _sign_test(below, len(rated) - 1)
        rows.append(row)
    return rows


def _sign_test(values, tests):
    """Of how many listeners the value lies above 0; those at 0 have no vote."""
    votes = values[np.abs(values) > 1e-9]
    above = int(np.sum(votes > 0))
    chance = by_luck(above, len(votes), "two-sided") if len(votes) else 1.0
    return {"successes": above, "trials": len(votes), "chance": min(1.0, tests * chance)}


def interval(values):
    """A mean over listeners with its 95 % interval, by bootstrap.

    Args:
        values: one number per listener.

    Returns:
        dict: mean, low, high; the last two None for a single value.
    """
    values = np.asarray(values, dtype=float)
    mean = float(values.mean())
    if len(values) < 2:
        return {"mean": mean, "low": None, "high": None}
    if np.ptp(values) == 0:
        return {"mean": mean, "low": mean, "high": mean}
    found = scipy.stats.bootstrap(
        (values,), np.mean, n_resamples=RESAMPLES, method="BCa",
        random_state=np.random.default_rng(0),
    ).confidence_interval  # fmt: skip
    return {"mean": mean, "low": float(found.low), "high": float(found.high)}


def report_listening(found):
    """What `analyse` found, as a Markdown table and sentences.

    Returns:
        str.
    """
    heads, cells, notes = {
        "abx": (ABX_HEADS, _shares, _abx_notes),
        "preference": (PREFERENCE_HEADS, _shares, _preference_notes),
        "rating": (RATING_HEADS, _ratings, _rating_notes),
    }[found["mode"]]
    lines = [
        f"{found['title']}: {found['mode']} test, {found['listeners']} listener"
        + "s" * (found["listeners"] != 1),
        "",
        _line(heads),
        "|---" * len(heads) + "|",
        *(_line([row["name"], *cells(row)]) for row in found["rows"]),
        "",
        *notes(found),
    ]
    if 1 < found["listeners"] < 12:
        lines.append("With fewer than 12 listeners the intervals come out too narrow.")
    return "\n".join(lines)


ABX_HEADS = ["sound", "right", "95 % interval", "trials right", "guessing does as well in"]
PREFERENCE_HEADS = [
    "chosen", "share", "95 % interval", "listeners who chose it more often",
    "luck is as one-sided in",
]  # fmt: skip
RATING_HEADS = [
    "sound", "mean", "95 % interval", "below the hidden reference", "95 % interval",
    "listeners who rate it lower", "luck is as one-sided in",
]  # fmt: skip


def _shares(row):
    return [f"{100 * row['mean']:.0f} %", _range(row, 100, " %"), *_counted(row)]


def _ratings(row):
    mean = [f"{row['mean']:.0f}", _range(row)]
    if "below" not in row:
        return [*mean, "", "", "", ""]
    return [*mean, f"{row['below']['mean']:.0f}", _range(row["below"]), *_counted(row)]


def _counted(row):
    return [f"{row['successes']} of {row['trials']}", percent(row["chance"])]


def _range(row, scale=1, unit=""):
    if row["low"] is None:
        return ""
    return f"{scale * row['low']:.0f} to {scale * row['high']:.0f}{unit}".replace("-", "−")


def _line(cells):
    return f"| {' | '.join(cells)} |"


def _abx_notes(found):
    own, listeners = found["own"], found["listeners"]
    return [
        f"On their own, {own} of {listeners} show a difference; guessing alone gives at most "
        f"{LEVEL * listeners:.1f} on average. Nobody is left out: an ABX has no hidden reference."
    ]


def _preference_notes(found):
    return [
        "Each listener has one vote; those who chose both equally often have none. Nobody is left "
        "out: a preference has no hidden reference."
    ]


def _rating_notes(found):
    out = found["left_out"]
    names = f"left out: {', '.join(out)}." if out else "nobody is left out."
    return [f"{RULE} Here {names}", "Each listener has one vote; the chances count all sounds."]
