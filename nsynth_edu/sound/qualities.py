"""Qualities of a note that its sound alone decides: four of NSynth's ten.

NSynth's notes come with ten qualities, given by people and by rules that are not published. Notes
rendered from a SoundFont come with none. These rules are ours; they follow the words of the data
set's page, not its labels:

- bright: the centre of the energy lies above 1,200 Hz ("much high-frequency energy").
- dark: it lies below 200 Hz ("lacking highs").
- fast_decay: just before the key goes up at 3 s, the sound lies 40 dB or more below its loudest
  quarter of a second ("every partial has died well before key-up").
- long_release: in the last 0.2 s of the 4 s the sound lies less than 30 dB below what it was just
  before key-up, and was not dead by then ("decays slowly after key-up").

The other six stay unknown, neither present nor absent: distortion, multiphonic, reverb and
tempo-synced depend on how a sound was made; percussive asks whether the onset is inharmonic, which
40 ms do not tell for low notes; nonlinear_env also counts movements of a filter.
"""

import numpy as np

from nsynth_edu.sound.audio import NOTE_LENGTH, SAMPLE_RATE, as_waveform, fit_length
from nsynth_edu.sound.measures import spectral_centroid

COMPUTED = ("bright", "dark", "fast_decay", "long_release")
BRIGHT, DARK = 1200.0, 200.0  # Hz
DEAD, HELD = -40.0, -30.0  # dB
KEY_UP = 3 * SAMPLE_RATE  # samples
SILENT = 1e-10  # mean square, 100 dB below full scale


def computed_qualities(waveform):
    """Which of the four qualities a note has.

    Args:
        waveform: (time,) at 16 kHz, a key held for 3 s of 4; array or tensor.

    Returns:
        dict quality -> bool, the names in `COMPUTED`. Silence has none.

    Notebook: course/07.
    """
    samples = fit_length(as_waveform(waveform), NOTE_LENGTH)
    quarters = np.square(samples, dtype=np.float64).reshape(-1, SAMPLE_RATE // 4).mean(axis=1)
    level = 10 * np.log10(quarters + SILENT)  # dB of each quarter of a second
    before = level[KEY_UP // (SAMPLE_RATE // 4) - 1]
    last = 10 * np.log10(np.square(samples[-SAMPLE_RATE // 5 :], dtype=np.float64).mean() + SILENT)
    sounds = level.max() > 10 * np.log10(2 * SILENT)
    center = spectral_centroid(samples)
    alive = before - level.max() > DEAD
    return {
        "bright": bool(sounds and center > BRIGHT),
        "dark": bool(sounds and center < DARK),
        "fast_decay": bool(sounds and not alive),
        "long_release": bool(sounds and alive and last - before > HELD),
    }
