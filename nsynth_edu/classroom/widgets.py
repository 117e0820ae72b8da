"""Instruments in the page: a line between two sounds, a pad between four, a multigrid of more.

Every point is rendered beforehand; the browser cross-fades the nearest ones, so playing needs no
Python. `twin()` shows the same without a widget.
"""

import anywidget
import numpy as np
import traitlets

from nsynth_edu.page import Html, escape, static_text, widget
from nsynth_edu.play import bilinear_weights
from nsynth_edu.sound import SAMPLE_RATE
from nsynth_edu.sound.pcm import from_int16, to_int16
from nsynth_edu.studio.credits import SAVED

from .described import Described, on_paper
from .listening import common_gain, player
from .plotting import figure, plot_rainbowgram_grid


class SoundPlane(Described, anywidget.AnyWidget):
    """What line, pad and multigrid share: the sounds, where the learner is, how notes are played.

    *Save this sound* keeps what a key plays there as a WAV file. *Record a take* keeps in `take`
    what is played from then on, for `play.performed`; it arrives when the take ends.
    `position`, `attack` and `release` may be set while it is shown; they hold from the next note.
    With `knobs=True` they are on the page, too.
    """

    _esm = widget("instrument.js")
    _css = static_text("theme.css", "plane.css")
    sounds = traitlets.Bytes().tag(sync=True)  # 16-bit samples: note, row, column, time
    shape = traitlets.List(traitlets.Int()).tag(sync=True)
    grid = traitlets.List(traitlets.Int(), default_value=None, allow_none=True).tag(sync=True)
    notes = traitlets.List(traitlets.Int()).tag(sync=True)  # MIDI, one per rendered note
    corners = traitlets.List(traitlets.Unicode()).tag(sync=True)
    sample_rate = traitlets.Int(SAMPLE_RATE).tag(sync=True)
    x = traitlets.Float(0.5, min=0, max=1).tag(sync=True)  # left to right
    y = traitlets.Float(0.5, min=0, max=1).tag(sync=True)  # top to bottom
    note = traitlets.Int(60, min=0, max=127).tag(sync=True)  # MIDI, the one that Play sounds
    position = traitlets.Float(0.0, min=0, max=0.9).tag(sync=True)  # where in a note it begins
    attack = traitlets.Float(0.0, min=0, max=4).tag(sync=True)  # s, from silence
    release = traitlets.Float(0.12, min=0.01, max=4).tag(sync=True)  # s, to silence
    knobs = traitlets.Bool(False).tag(sync=True)
    take = traitlets.List().tag(sync=True)  # rows (s, MIDI note or -1, x, y)
    credit = traitlets.Unicode(SAVED).tag(sync=True)  # in the comment of sounds that are saved

    def __init__(self, sounds, notes, corners, **traits):
        sounds = np.asarray(sounds, dtype=np.float32)
        if sounds.ndim != 4 or len(sounds) != len(notes) or not np.isfinite(sounds).all():
            raise ValueError(
                f"sounds of shape {sounds.shape} for {len(notes)} notes; expected finite numbers "
                "(notes, rows, columns, time) with one entry per note."
            )
        sounds = sounds * common_gain([sounds])
        notes = [int(note) for note in notes]
        super().__init__(
            sounds=to_int16(sounds).tobytes(),
            shape=list(sounds.shape),
            notes=notes,
            corners=list(corners),
            note=min(notes, key=lambda note: abs(note - 60)),
            **traits,
        )

    def waveforms(self):
        """The points as sounds, float32 (notes, rows, columns, time) in [-1, 1]."""
        return from_int16(self.sounds).reshape(self.shape)

    def summary(self):
        return (
            f"An instrument between {', '.join(self.corners)}; it needs a browser with widgets. "
            "Its sounds are in the table below."
        )

    def _twin(self, places, caption, alt):
        """A table of some points with weights and players, and a picture of all of them."""
        points = self.waveforms()[self.notes.index(self.note)]
        last_row, last_column = points.shape[0] - 1, points.shape[1] - 1
        rows, lines = [], []
        for name, row, column in places:
            waveform = points[row, column]
            weights = self.weights(column / last_column, row / max(last_row, 1))
            percent = [f"{100 * weight:.0f} %" for weight in weights]
            shares = zip(self.corners, percent, strict=True)
            lines.append(f"{name}: {', '.join(f'{corner} {share}' for corner, share in shares)}")
            sound = player(name, waveform, self.sample_rate, f"{name}_{self.note}", f"{lines[-1]}.")
            rows.append([name, *percent, sound])
        picture = figure(plot_rainbowgram_grid(points, self.corners, self.sample_rate), alt=alt)
        return on_paper(caption, ["point", *self.corners, "listen"], rows, lines, picture)


class Pad(SoundPlane):
    """Four sounds at the corners of a square, their hybrids between them: point, and play notes.

    Args:
        sounds: float32 (notes, rows, columns, time) in [-1, 1], rows from top to bottom.
        notes: MIDI number of each rendered note; others are re-pitched from the nearest.
        corners: four names, NW NE SW SE.

    Raises:
        ValueError: if sounds, notes and corners do not fit together.
    """

    def __init__(self, sounds, notes, corners, **traits):
        if len(corners) != 4 or min(np.shape(sounds)[1:3], default=0) < 2:
            raise ValueError(
                f"a pad of shape {np.shape(sounds)} with corners {list(corners)}; expected four "
                "corners and at least 2 rows and 2 columns. For two sounds take TwoSoundSlider."
            )
        super().__init__(sounds, notes, corners, **traits)

    weights = staticmethod(bilinear_weights)

    def twin(self, alt=""):
        """The pad on paper: players of the corners and the middle, a rainbowgram of every point."""
        _, rows, columns, _ = self.shape
        nw, ne, sw, se = self.corners
        places = [
            (f"{nw} (top left)", 0, 0),
            (f"{ne} (top right)", 0, columns - 1),
            (f"{sw} (bottom left)", rows - 1, 0),
            (f"{se} (bottom right)", rows - 1, columns - 1),
            ("middle", rows // 2, columns // 2),
        ]
        caption = "The corners and the middle of the pad, with the share of each corner's encoding."
        return self._twin(places, caption, alt or self._alt())

    def _alt(self):
        _, rows, columns, _ = self.shape
        return (
            f"Rainbowgrams of all {rows * columns} points, laid out as on the pad: "
            f"{', '.join(self.corners)} at the corners, and every step between them a hybrid."
        )


class MultigridPad(SoundPlane):
    """Many instruments in rows, and the hybrids of each four neighbours between them.

    Args:
        sounds: float32 (notes, rows, columns, time) in [-1, 1], rows from top to bottom.
        notes: MIDI number of each rendered note; others are re-pitched from the nearest.
        corners: names of all instruments, as one reads; `Multigrid` says where they stand.

    Raises:
        ValueError: if the points do not lie evenly between the instruments.
    """

    def __init__(self, sounds, notes, corners, **traits):
        grid = _instruments(np.shape(sounds)[1:3], len(corners))
        super().__init__(sounds, notes, corners, grid=grid, **traits)

    def weights(self, x, y):
        """How much of each instrument's encoding a place holds."""
        across, down = (
            np.maximum(0, 1 - np.abs(place * (count - 1) - np.arange(count)))
            for place, count in zip((x, y), reversed(self.grid), strict=True)
        )
        return np.outer(down, across).ravel()

    def twin(self, alt=""):
        """The multigrid on paper: players of all instruments, a rainbowgram of every point."""
        down, across = self.grid
        points = self.waveforms()[self.notes.index(self.note)]
        step = (points.shape[0] - 1) // (down - 1)
        corners = iter(self.corners)
        rows = [
            [
                Html(f"{escape(name)}<br>{player(name, waveform, self.sample_rate)}")
                for waveform, name in zip(row[::step], corners, strict=False)
            ]
            for row in points[::step]
        ]
        caption = "The instruments where they stand, and a picture of all points."
        ends = [self.corners[place] for place in (0, across - 1, -across, -1)]
        picture = figure(
            plot_rainbowgram_grid(points, ends, self.sample_rate), alt=alt or self._alt()
        )
        return on_paper(caption, [], rows, self.corners, picture)

    def _alt(self):
        _, rows, columns, _ = self.shape
        return (
            f"Rainbowgrams of all {rows * columns} points, laid out as on the multigrid of "
            f"{', '.join(self.corners)}: steps lead from each to its neighbours."
        )


def _instruments(points, count):
    """How many instruments stand down and across, from the points and their number."""
    for down in range(2, count // 2 + 1):
        across, left = divmod(count, down)
        if left or across < 2:
            continue
        steps = {(points[0] - 1) / (down - 1), (points[1] - 1) / (across - 1)}
        if len(steps) == 1 and (step := steps.pop()) >= 1 and step == int(step):
            return [down, across]
    raise ValueError(
        f"{points[0]} x {points[1]} points for {count} instruments; expected as many steps between "
        "each two neighbours: (n - 1) * (resolution - 1) + 1 points for n instruments on a side."
    )


class TwoSoundSlider(SoundPlane):
    """A line from one sound to another through their hybrids.

    Args:
        sounds: float32 (notes, 1, points, time) in [-1, 1]; (points, time) for a single note.
        notes: MIDI number of each rendered note.
        corners: the names of the two ends.

    Raises:
        ValueError: if sounds, notes and ends do not fit together.
    """

    def __init__(self, sounds, notes, corners, **traits):
        sounds = np.asarray(sounds, dtype=np.float32)
        sounds = sounds[None, None] if sounds.ndim == 2 else sounds
        if len(corners) != 2 or sounds.ndim != 4 or sounds.shape[1] != 1 or sounds.shape[2] < 2:
            raise ValueError(
                f"a line of shape {sounds.shape} with ends {list(corners)}; expected two ends and "
                "sounds (notes, 1, points, time) with at least 2 points."
            )
        super().__init__(sounds, notes, corners, **{"y": 0.0} | traits)

    @staticmethod
    def weights(x, y=0.0):
        """How much of each end is in the sound at a place."""
        return np.array([1 - x, x])

    def twin(self, alt=""):
        """The line on paper: players along the way and a rainbowgram of each point."""
        last = self.shape[2] - 1
        columns = sorted({round(last * quarter / 4) for quarter in range(5)})
        places = [(self._name(column / last), 0, column) for column in columns]
        caption = "Points along the line, with the share of each end's encoding."
        return self._twin(places, caption, alt or self._alt())

    def _name(self, x):
        special = {0.0: self.corners[0], 0.5: "half-way", 1.0: self.corners[1]}
        return special.get(x, f"{x:.0%} along")

    def _alt(self):
        return (
            f"Rainbowgrams of {self.shape[2]} points in a row: {self.corners[0]} on the left turns "
            f"step by step into {self.corners[1]} on the right."
        )
