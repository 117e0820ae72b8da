"""Lesson 13, listening critically."""

from ..questions import Check, Listening, Prediction

OBJECTIVES = {  # each with the questions that measure it
    "name what a distance, a pitch judge and a distance of sets fail to notice": [
        "ruler", "sine", "shuffle",
    ],
    "compute how often guessing reaches a score, and take a test of your own ears": [
        "luck", "tail", "bits",
    ],
    "choose a number of trials by what the test is to find": ["least", "power"],
    "say what many listeners, and listeners left out afterwards, do to false alarms": [
        "many", "screen",
    ],
    "name what makes a sound win that is not better, and put an interval around a mean": [
        "loud", "bootstrap",
    ],
    "read a published table of listening scores": ["mos", "instruments"],
}  # fmt: skip

PREDICTIONS = {
    "ruler": Prediction(
        "Which of the two copies does the distance call nearer to the flute?",
        {
            "the one that comes 2 ms late": "Its samples are the flute's own, and it sounds the "
            "same. But windows of 4 ms see every wave come later, so the distance is over four "
            "times that of the clicks.",
            "neither: both are 0": "Both differ from the flute in their magnitudes, so neither "
            "is 0.",
            "the one with three clicks": "Three clicks are in a few windows of thousands, and a "
            "mean over all windows hardly sees them. The ear hears nothing else.",
            "it cannot compare them": "It gives a number for any two sounds of one length. "
            "Whether it means anything is another question.",
        },
        right="the one with three clicks",
    ),
    "sine": Prediction(
        "A copy of the flute that is nothing but a sine at 261.6 Hz. Is the pitch right?",
        {
            "yes, says the estimate, and no, says the network": "Both name middle C. The "
            "network was trained on notes, but a sine has a pitch, too.",
            "yes, say both": "Both name middle C, and neither was asked whether it is still a "
            "flute.",
            "no, say both: there is no flute": "They are asked for the pitch alone, and that is "
            "middle C.",
        },
        right="yes, say both",
    ),
    "shuffle": Prediction(
        "All 75 sounds are delivered, each for a wrong request. The distance of the sets is ...",
        {
            "large: most pitches are wrong": "Which sound answers which request is not in a mean "
            "or in a covariance.",
            "small, as sounds of a pad are alike": "It is not only small: the same sounds have "
            "the same mean and covariance in any order.",
            "larger than that of the 8-bit copies": "The copies, each the right note, lie 18.3 "
            "away. The shuffled notes are the very same set.",
            "0": "A set has no order: mean and covariance stay what they were, and only 29 % of "
            "the requests got their pitch.",
        },
        right="0",
    ),
    "luck": Prediction(
        "You hear nothing and guess. In how many of 100 such tests do you get 8 or more of 10?",
        {
            "5 or 6": "56 of the 1,024 equally likely courses of ten coin flips have 8, 9 or 10 "
            "heads: 5.5 %.",
            "20": "That is one flip in five off its course, a share of trials. Here whole tests "
            "are counted: 5.5 %.",
            "fewer than 1": "That would be 10 of 10: 0.1 %. With 8 and 9 it is 5.5 %.",
            "none: that takes ears": "Luck needs none: 5.5 % of guessers get there.",
        },
        right="5 or 6",
    ),
    "power": Prediction(
        "She is right in 80 % of trials in the long run. 8 trials, 7 asked for. She passes in ...",
        {
            "95 % of tests": "5 % is how often a guesser passes at most. It says nothing about "
            "how often she fails.",
            "80 % of tests": "80 % is her share of right answers, and 7 of 8 is 88 %: more than "
            "she usually reaches.",
            "50 % of tests": "8 x 0.8^7 x 0.2 + 0.8^8 = 0.50. Every second test misses what she "
            "does hear.",
            "5 % of tests": "That is how often a guesser passes, at most.",
        },
        right="50 % of tests",
    ),
    "many": Prediction(
        "Twenty people guess, 16 trials each, 12 right asked for. That at least one passes ...",
        {
            "happens in 5 % of classes": "That is the promise for one person. Twenty draw twenty "
            "times.",
            "happens in more than half of all classes": "Each passes in 3.8 %; that none of "
            "twenty does has the probability 0.962^20 = 0.46.",
            "is certain": "In 46 % of classes nobody passes.",
            "happens in 20 x 5 % = 100 % of classes": "Probabilities of several chances do not "
            "simply add up: several may pass in one class, and none in another.",
        },
        right="happens in more than half of all classes",
    ),
    "loud": Prediction(
        "In which of these classes does *copy* win, although it is the same sound?",
        {
            "only where it is louder": "It wins there, and in two more: playing first and being "
            "named did it as well.",
            "where it is louder, always first, or named": "Three ways to win without being "
            "better. Drawn order takes away the second; one loudness and no names, the others.",
            "nowhere: it is the same sound": "These listeners were made so that loudness, place "
            "and names sway them, and they choose accordingly.",
            "everywhere": "Where it is as loud, unnamed, and first equally often, nothing is "
            "left to choose by.",
        },
        right="where it is louder, always first, or named",
    ),
    "screen": Prediction(
        "No one in 30 has a preference. The five who chose *b* most are left out. A finding in ...",
        {
            "2 % of classes, as before": "Who is left out depends on the answers, so the rest "
            "lean to one side: 21 %.",
            "21 % of classes": "Ten times as many as before. A rule may look at the hidden "
            "reference, and never at the answer one hopes for.",
            "5 % of classes": "That is the promise for answers that nobody picked out.",
            "every class": "Five of thirty lean the rest, but do not decide it.",
        },
        right="21 % of classes",
    ),
    "instruments": Prediction(
        "Trumpet 3.25, strings 2.92, each with a standard error of 0.17. Trumpets came out ...",
        {
            "better: 0.33 is twice 0.17": "The difference has an error of its own, larger than "
            "either: 0.24.",
            "better: the higher mean decides": "Two groups of about 40 ratings of one sound would "
            "differ as well.",
            "no better: 0.33 is a small difference": "Small or not is another question. What "
            "counts here is how far luck alone could carry it.",
            "perhaps better: 0.33 is 1.4 times its error": "The errors add up in squares: 0.17 "
            "times the root of 2 is 0.24. Luck alone is that far off in 16 % of cases, and these "
            "two were picked out of ten.",
        },
        right="perhaps better: 0.33 is 1.4 times its error",
    ),
}


def _bootstrapped():
    import numpy as np
    from scipy import stats

    found = stats.bootstrap(
        (RATINGS,), np.mean, method="percentile", random_state=np.random.default_rng(0)
    ).confidence_interval
    return [found.low, found.high]


RATINGS = [71, 64, 58, 80, 49, 66, 73, 55, 62, 69, 40, 77]  # as in the notebook


def _tail():
    from scipy import stats

    return stats.binom.sf(11, 16, 0.5)


CHECKS = {
    "tail": Check(
        _tail,
        tolerance=1e-4,
        known=(
            (0.0278, "That is exactly 12. More would be evidence, too: add 13 to 16."),
            (0.0106, "That is more than 12. The score itself belongs to it."),
            (0.9894, "That is 12 or fewer."),
            (0.9616, "That is fewer than 12: the other side."),
            (1820, "That counts the courses with 12 heads. Which share of all is that?"),
            (2517, "That counts the courses. Which share of all of them is that?"),
        ),
        look="The formula above: a sum from k to n, over 2 to the n.",
        hints=(
            "math.comb(16, 12) courses of 16 flips have exactly 12 heads.",
            "sum(math.comb(n, i) for i in range(k, ...)) / ...",
        ),
        success="That is scipy.stats.binom.sf(11, 16, 0.5), to the last digit.",
    ),
    "least": Check(
        15,
        known=(
            (14, "Guessing gets 14 or more in 5.8 % of cases: just too many."),
            (10, "That is what guessing gets on average."),
            (16, "That is enough, but fewer are, too."),
            (19, "95 % of the trials: but the 5 % are of tests, not of trials."),
        ),
        look="tail(k, 20) for several k.",
        hints=(
            "Begin with k = 10, where tail is above one half, and go up.",
            "next(k for k in range(21) if tail(k, 20) < ...)",
        ),
    ),
    "bootstrap": Check(
        _bootstrapped,
        tolerance=0.8,
        known=(
            ([42.5, 79.2], "That is where the ratings lie, not where their mean does."),
            ([63.7, 63.7], "Drawn without putting back: always the same twelve. replace=True."),
            ([40.7, 86.6], "That is twice the spread of one listener. The mean varies less."),
            ([60.3, 67.0], "That is one standard error to each side: 68 %, not 95 %."),
        ),
        look="Means of resampled ratings first, their percentiles then.",
        hints=(
            "rng.choice(ratings, (4000, 12)) draws 4,000 classes; replace=True is the default.",
            "np.percentile(rng.choice(...).mean(axis=...), [2.5, 97.5])",
        ),
        success="scipy.stats.bootstrap gives the same, up to the luck of its draws.",
    ),
    "mos": Check(
        3.073,
        tolerance=0.006,
        known=(
            (3.127, "That is one standard error below: 68 %. For 95 % it takes 1.96."),
            (3.293, "That is the upper end."),
            (3.183, "That is the mean itself."),
        ),
        look="The mean minus 1.96 standard errors.",
        hints=("1.96 x 0.056 = 0.110.", "3.183 - ..."),
    ),
}
LISTENING = {
    "bits": Listening(
        title="The flute in 8 bits",
        task="One of the two is the flute, the other its 8-bit mu-law copy. Listen to what stands "
        "behind the tone, most of all where it is soft.",
        found="The copy has a faint noise that rises and falls with the tone. Whether you heard "
        "it depends on headphones, room and ear; a score below the limit does not say that "
        "there is nothing.",
    ),
}
HINTS = {
    "yours": (
        "One question with two sounds is an ABX (is there a difference?) or a preference; "
        "several sounds against an original are a rating.",
        "Before anyone listens, write down: trials, listeners, who is left out, what would count.",
        "ListeningTest({'one': one, 'other': other}, 'preference', title='...').save_page(...)",
    ),
}
FIGURES = {
    "scores": "Guessing is a bell around half. The line of a listener who is right in 80 % lies "
    "half beyond the limit with 8 trials, and mostly beyond it with 16.",
    "class": "Four rows. The hidden reference stands close to 100; below it lie the mu-law copy, "
    "the WaveNet and Griffin-Lim, in this order, with intervals a few points wide.",
}
