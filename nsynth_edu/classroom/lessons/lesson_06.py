"""Lesson 06, the autoencoder."""

from ..questions import Check, Listening, Prediction

OBJECTIVES = {  # each with the questions that measure it
    "compute what pooling keeps of a sound, and how many numbers are left": ["pool", "shape"],
    "say which samples a row of z depends on": ["poke"],
    "tell a teacher-forced copy from one that runs free, and say what each proves": [
        "forced",
        "damage",
    ],
    "say why neither a low loss nor the mean of all predictions is the best sound": ["mean"],
    "look for a knob in z by experiment": ["knob"],
    "tell a hybrid from a mix, and name sounds that this network cannot make": [
        "middle",
        "tour",
        "yours",
    ],
}

PREDICTIONS = {
    "poke": Prediction(
        "Frame 31 sums up samples 15,872 to 16,383. You change sample 16,000. Which frames change?",
        {
            "frame 31 alone": "It would be, if the 512 samples were averaged as they are. But "
            "layers come first, and they reach beyond the frame.",
            "frame 31 and some after it": "That would be a causal encoder. This one's layers look "
            "both ways.",
            "frame 31, some before and some after it": "Its layers look both ways, 1,024 samples "
            "to either side: two frames.",
        },
        right="frame 31, some before and some after it",
    ),
    "forced": Prediction(
        "The guitar's true past, the flute's z: the guesses, played in a row, sound like ...",
        {
            "the guitar": "The true past says nearly everything: each guess is only one sample "
            "away from the truth.",
            "the flute": "z asks for a flute at every sample, and every time the true past of the "
            "guitar corrects it.",
            "something half-way": "Even with the flute's z they lie nearer to the guitar than what "
            "the guitar's own z gives when it runs free.",
        },
        right="the guitar",
    ),
    "damage": Prediction(
        "Which damage costs the fewest bits per sample?",
        {
            "all zeros: z says nothing": "To the decoder zeros are not nothing: they are a z like "
            "any other, and a wrong one.",
            "frozen in time": "Its mean still says which instrument it is, and the true past how "
            "loud it is by now. Yet what you hear is no longer a plucked string.",
            "another instrument's": "A flute's z asks for a flute at every sample; the true past "
            "can only correct it.",
            "channels shuffled": "It depends on which channels change places: of three shuffles "
            "of this z the dearest cost more than twice as much as the cheapest.",
        },
        right="frozen in time",
    ),
    "mean": Prediction(
        "The mean instead of a draw: which of the two copies gets better?",
        {
            "the flute; the noise gets lost": "The flute can be predicted and loses its hiss. For "
            "what cannot be predicted, the mean is near silence.",
            "both": "The noise comes back much too soft: its samples lie around zero, and so does "
            "the mean of the guesses.",
            "the noise; the flute gets dull": "The other way round: the flute comes nearer, the "
            "noise moves away.",
            "neither": "The flute's copy comes clearly nearer to the flute.",
        },
        right="the flute; the noise gets lost",
    ),
    "knob": Prediction(
        "How many of the 16 channels of z move the brightness of the trumpet by more than another "
        "seed does?",
        {
            "none": "Some do: their points lie further out than the takes of other seeds.",
            "one: the brightness knob": "Nobody asked for one property per channel, and several "
            "share this one.",
            "several": "Several do. On the organ, a mere seed does as much as most of them.",
        },
        right="several",
    ),
    "tour": Prediction(
        "White noise, encoded, decoded, conditioned on the pitch C. What comes back?",
        {
            "noise": "It has never learned white noise, and a pitch is all it has to go by.",
            "a tone on C": "It is conditioned on C and plays C: nearly all energy lies on the "
            "overtones of C.",
            "silence": "That happens to the clicks. The noise is loud in every frame, and so is "
            "what comes back.",
            "crackle": "Then little energy would lie on the overtones of C, and nearly all of it "
            "does.",
        },
        right="a tone on C",
    ),
}
LISTENING = {
    "middle": Listening(
        "The middle of four instruments",
        task="One sound is the network's, one the plain mix. Listen for one onset or several.",
        found="The network's sound has one onset and is one voice, with a faint hiss. The mix has "
        "several players, each of whom begins in their own way.",
    ),
}
CHECKS = {
    "pool": Check(
        [4, 1],
        tolerance=0.01,
        known=(
            ([2, 1], "That is a stride: the first of every three. The other four are ignored."),
            ([12, 3], "Those are sums. What turns a sum into a mean?"),
            ([6, 1], "That is the largest of each frame: max pooling."),
        ),
        look="The text above: frames of equal length, and the mean of each.",
        hints=("The first frame is 2, 4, 6.", "(2 + 4 + 6) / 3, and (1 + 1 + 1) / ..."),
    ),
    "shape": Check(
        32,
        unit="times",
        known=(
            (512, "Frames are 512 times fewer than samples, but each frame holds 16 numbers."),
            (16, "That is how many numbers a frame holds."),
            (4, "Those are the seconds. Divide samples by numbers of z."),
            (2000, "Those are the numbers of z. How many times do they go into 64,000?"),
        ),
        look="The two shapes that the cell prints.",
        hints=("z is 125 x 16 numbers.", "64,000 / (125 x ...)"),
    ),
    "yours": Check(
        4000,
        unit="numbers",
        known=(
            (2000, "That is with frames of 512 samples."),
            (1000, "Shorter frames mean more frames, not fewer."),
            (250, "Those are the frames. Each holds 16 numbers."),
        ),
        look="How many frames are there now?",
        hints=("64,000 / 256 frames.", "250 x ..."),
    ),
}
HINTS = {
    "yours": (
        "Which note came back? Compare harmonic_energy at 60 with that at 67.",
        "Only noise? Without a pitch the model has nothing to hold on to; its card says so.",
    ),
}
FIGURES = {
    "z": "z drifts slowly as the guitar fades; at 3.75 s, in silence, some channels leap.",
    "channels": "In several channels guitar and flute lie on opposite sides of zero, yet their "
    "ranges overlap.",
    "damage": "The guitar and the copy from its own z fall together; the others do not fall with "
    "them.",
    "knobs": "Channels lie scattered: off both axes, and not in the same place for trumpet and "
    "organ.",
    "fade": "The mix starts with the pluck, dips, swells and stays; the network rises once and "
    "fades.",
}
DESCRIPTIONS = {
    "hear": {
        "guitar": "A soft pluck; the string dies away.",
        "decoded from its z": "A note of the same pitch that fades as well, with some noise.",
    },
    "forced": {
        "running free, own z": "A note of the same pitch that fades, with noise around it.",
        "true past, own z": "Nearly the guitar itself.",
        "true past, flute's z": "Nearly the guitar itself, pluck and fading included.",
    },
    "damage": {
        "own": "It fades as the string does, with some noise.",
        "frozen": "The same pitch, held: it does not fade as the string does.",
    },
    "mean": {
        "flute, random": "The flute's pitch in hiss.",
        "flute, mean": "The flute's pitch with hardly any hiss.",
        "noise, random": "Loud noise.",
        "noise, mean": "Much softer than the noise.",
    },
    "fade": {
        "mix": "A pluck and a flute; the flute swells and stays.",
        "network": "One tone that rises once and fades.",
    },
    "tour": {
        "chord": "Two plucked strings, a fifth apart.",
        "chord, decoded": "One plucked note.",
        "noise": "Even hiss.",
        "noise, decoded": "A tone on C.",
        "voice": "A synthetic voice that glides up.",
        "voice, decoded": "One held pitch; the glide is gone.",
        "clicks": "Five dry clicks.",
        "clicks, decoded": "Silence, or nearly.",
    },
}
