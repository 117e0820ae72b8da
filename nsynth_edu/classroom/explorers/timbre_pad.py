"""Four instruments at the corners of a pad: the network's hybrids, and the plain mix to compare.

Notebook: course/06.
"""

import numpy as np
import traitlets

from nsynth_edu.page import static_text, widget
from nsynth_edu.play import blend_points
from nsynth_edu.sound import (
    SAMPLE_RATE,
    fit_length,
    harmonic_energy,
    multi_scale_spectral_distance,
    spectral_centroid,
)
from nsynth_edu.sound.pcm import to_int16

from ..described import on_paper
from ..listening import player
from ..plotting import figure, plot_rainbowgram
from ..widgets import Pad
from .base import Explorer

SOURCES = ("network", "plain mix")
MEASURED = 16_000  # samples that the read-outs are taken from: 1 s


class TimbrePad(Explorer, Pad):
    """A pad that plays, at each place, either the network's hybrid or the mix of the recordings.

    Between the points that the network generated, the nearest four are faded into each other.

    Args:
        sounds, notes, corners: of a pad, see `Pad`; one of its notes is taken.
        recordings: four waveforms at that pitch, NW NE SW SE, at least as long.
        pitch: MIDI number of the note taken.

    Raises:
        ValueError: if the pad has no such note, or there are not four recordings.
    """

    _esm = widget("timbre_pad.js")
    controls = "source", "x", "y"
    _css = static_text("theme.css", "plane.css", "explorer.css")
    source = traitlets.Enum(SOURCES, SOURCES[0]).tag(sync=True)

    def __init__(self, sounds, notes, corners, recordings, pitch=60, **traits):
        if pitch not in list(notes) or len(recordings) != 4:
            raise ValueError(
                f"note {pitch} of a pad with {list(notes)}, {len(recordings)} recordings; "
                "expected one of its notes, and one recording for each of four corners."
            )
        points = np.asarray(sounds, np.float32)[list(notes).index(pitch)]
        mixed = np.stack([fit_length(sound, points.shape[-1]) for sound in recordings])
        # (rows, columns, time) each; four recordings are a pad of 2 x 2
        self.points = {SOURCES[0]: points, SOURCES[1]: mixed.reshape(2, 2, -1)}
        super().__init__(points[None], [pitch], corners, **traits)
        self._carry()
        self.observe(self._carry, "source")

    def sound(self, x=None, y=None, source=None):
        """What sounds at a place, (time,) float32; by default here and now."""
        x, y = (own if at is None else at for at, own in ((x, self.x), (y, self.y)))
        return blend_points(self.points[source or self.source], x, y)

    def read(self, x=None, y=None, source=None):
        """What the instrument says about a place, measured over its first second.

        Returns:
            dict: energy on the overtones of the note (share), brightness (Hz), spectral distance
            to each corner's recording (list), and all of it in a sentence.
        """
        source = source or self.source
        sound = self.sound(x, y, source)[:MEASURED]
        recordings = self.points[SOURCES[1]].reshape(4, -1)[:, :MEASURED]
        distances = [multi_scale_spectral_distance(sound, one) for one in recordings]
        found = {
            "overtones": harmonic_energy(sound, self.notes[0]),
            "brightness": spectral_centroid(sound),
            "distances": distances,
            "nearest": self.corners[int(np.argmin(distances))],
        }
        return found | {"sentence": self._sentence(found, source)}

    def _sentence(self, found, source):
        return (
            f"The {source}: {found['overtones']:.0%} of the energy on the overtones of the note, "
            f"centre at {found['brightness']:.0f} Hz, nearest to the {found['nearest']} "
            f"(distance {min(found['distances']):.1f})."
        )

    def _carry(self, _=None):
        """Give the page the points it is to fade between."""
        points = self.points[self.source][None]
        with self.hold_sync():
            self.shape = list(points.shape)
            self.sounds = to_int16(points).tobytes()

    def about(self):
        return f"A pad between {', '.join(self.corners)}: the network's hybrid or the plain mix"

    def twin(self, alt=""):
        """The same on paper: corners and middle, network and mix, with players and numbers."""
        nw, ne, sw, se = self.corners
        places = {nw: (0, 0), ne: (1, 0), sw: (0, 1), se: (1, 1), "middle": (0.5, 0.5)}
        rows, lines = [], []
        for name, place in places.items():
            for source in SOURCES:
                found = self.read(*place, source)
                cells = [f"{found['overtones']:.0%}", f"{found['brightness']:.0f} Hz"]
                cells += [f"{distance:.1f}" for distance in found["distances"]]
                sound = player(f"{source}, {name}", self.sound(*place, source), SAMPLE_RATE)
                rows.append([f"{name}, {source}", *cells, sound])
                lines.append(f"{name}: {found['sentence']}")
        caption = "Corners and middle of the pad, once from the network, once plainly mixed."
        distances = [f"to {name}" for name in self.corners]
        heads = ["place", "on overtones", "brightness", *distances, "listen"]
        middle = {source: self.sound(0.5, 0.5, source) for source in SOURCES}
        picture = figure(plot_rainbowgram(middle), alt=alt or self._alt())
        return on_paper(caption, heads, rows, lines, picture)

    def _alt(self):
        network, mix = (self.read(0.5, 0.5, source) for source in SOURCES)
        return (
            "The middle of the pad as rainbowgrams: one ladder of overtones in both. The network's "
            f"has its centre at {network['brightness']:.0f} Hz and specks of noise between the "
            f"lines; the mix has its centre at {mix['brightness']:.0f} Hz and darkness there."
        )
