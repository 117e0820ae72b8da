"""Strengths of the harmonics of sounds whose octave is easily confused."""

TIMBRES = {
    "sine": [1],
    "saw": [1 / n for n in range(1, 200)],
    "square": [n % 2 / n for n in range(1, 200)],
    "weak_fundamental": [0.03, *(1 / n for n in range(2, 60))],
    "strong_second": [0.2, 1, 0.15, 0.5, 0.1, 0.3, 0.05, 0.2],
    "strong_third": [0.3, 0.1, 1, 0.1, 0.2, 0.3],
}
