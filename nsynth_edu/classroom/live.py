"""A pad that is played live: the network makes the sound while the hand moves.

Python makes it, a frame at a time, in a thread of its own, and runs well ahead; the page keeps what
it gets in store and plays. When the hand moves, what lies further ahead than `NEAR` is taken back
and made again: a large store against gaps, and a move is audible soon all the same.
"""

import contextvars
import math
import sys
import threading
import time
import weakref
from collections import deque

import anywidget
import traitlets
from ipywidgets import widget_serialization

from nsynth_edu.page import static_text, widget
from nsynth_edu.play.live_voice import LiveVoice
from nsynth_edu.sound import SAMPLE_RATE

from .described import Described

STORE = 0.15  # s of sound in the page before it starts to play
AHEAD = 0.5  # s that Python may be ahead of the loudspeaker
NEAR = 0.18  # s ahead of it that are not taken back, and made while the hand moves
MORE, MOST = 0.03, 0.35  # s that NEAR grows after each gap, s at most: late is better than broken
REST = 0.2  # s without a move, and the hand rests
TURN = 5e-4  # s a running cell keeps Python to itself while a pad plays; else 5e-3
RECENT = 10.0  # s for which a report counts
GONE = 60.0  # s without a report, and the thread ends; a running cell may delay reports
TRIAL = 0.5  # s of sound by which the machine is judged
ENOUGH = 1.05  # times real time


class Loudspeaker:
    """How much of the sound a page has played, which reports it now and then, more or less late.

    Between two reports it plays on. Of the recent ones the least late counts: one that was held up
    on its way must not stop the flow.
    """

    def __init__(self):
        self.reported = time.monotonic()  # when it last reported
        self.flow = 0  # how often the page has begun to play; again after each gap
        self.leads = deque()  # of (when, samples it has played more than time has passed)

    def report(self, samples, flow):
        """The page has played `samples`, and has started to play `flow` times."""
        now = time.monotonic()
        if flow != self.flow:
            self.leads.clear()
        while self.leads and self.leads[0][0] < now - RECENT:
            self.leads.popleft()
        if flow:
            self.leads.append((now, samples - SAMPLE_RATE * now))
        self.reported, self.flow = now, flow

    @property
    def played(self):
        """Samples, by now."""
        if not self.leads:
            return 0
        return max(lead for _, lead in self.leads) + SAMPLE_RATE * time.monotonic()

    @property
    def silent(self):
        """s since the last report."""
        return time.monotonic() - self.reported


class LivePad(Described, anywidget.AnyWidget):
    """Four sounds at the corners of a square; what lies between is made while you listen.

    Args:
        model, corners, pitch, temperature, seed, dtype, sampling: see `LiveVoice`.
        names: four names, NW NE SW SE.
        fallback: a `Pad` that is shown instead where the machine is too slow.

    Raises:
        ValueError: see `LiveVoice`; or for other than four names.
    """

    _esm = widget("live.js")
    _css = static_text("theme.css", "plane.css")
    names = traitlets.List(traitlets.Unicode()).tag(sync=True)
    sample_rate = traitlets.Int(SAMPLE_RATE).tag(sync=True)
    store = traitlets.Float(STORE).tag(sync=True)
    x = traitlets.Float(0.5, min=0, max=1).tag(sync=True)  # left to right
    y = traitlets.Float(0.5, min=0, max=1).tag(sync=True)  # top to bottom
    note = traitlets.Int(60, min=0, max=127).tag(sync=True)  # MIDI
    underruns = traitlets.Int(0).tag(sync=True)  # how often the page had nothing to play
    speed = traitlets.Float(0.0).tag(sync=True)  # times real time, of the last start
    playing = traitlets.Bool(False).tag(sync=True)
    message = traitlets.Unicode("").tag(sync=True)
    fallback = traitlets.Any(None, allow_none=True).tag(sync=True, **widget_serialization)

    _sounding = None  # weak reference to the pad that sounds: one at a time
    _one_at_a_time = threading.RLock()

    def __init__(
        self, model, corners, names, pitch=60, temperature=None, seed=None, dtype="int8",
        fallback=None, sampling=None, **traits,
    ):  # fmt: skip
        if len(names) != 4:
            raise ValueError(f"names are {list(names)}; expected four, NW NE SW SE.")
        self._new_voice = lambda: LiveVoice(
            model, corners, self.note, temperature, seed, dtype, sampling
        )
        super().__init__(names=list(names), note=pitch, fallback=fallback, **traits)
        self._new_voice().push()  # compile, and check the corners, before the pad is shown
        self._thread, self._stopping = None, threading.Event()
        self._heard = threading.Condition()
        self._asked = contextvars.copy_context()  # of the page's last message
        self._speaker = Loudspeaker()
        self._last_move = -math.inf  # time.monotonic()
        self.observe(self._wake, ["x", "y", "note"])
        self.on_msg(self._receive)

    def start(self):
        """Make sound until `stop`, another pad's start, or the page's end."""
        with LivePad._one_at_a_time:
            other = LivePad._sounding and LivePad._sounding()
            if other is not None and other is not self:
                other.stop("Another pad plays now.")
            self.stop()
            LivePad._sounding = weakref.ref(self)
            self.underruns, self.message, self.playing = 0, "", True
            self._speaker = Loudspeaker()
            self._stopping = threading.Event()
            self._thread = threading.Thread(
                target=self._play, args=(self._stopping,), name="live pad", daemon=True
            )
            self._thread.start()

    def stop(self, message=""):
        """Fall silent; returns when the thread has ended."""
        self._stopping.set()
        self._wake(None)
        if self._thread is not None and self._thread is not threading.current_thread():
            self._thread.join()
        self._thread = None
        self._silent(message)

    def close(self):
        """End the thread with the widget."""
        if hasattr(self, "_thread"):
            self.stop()
        super().close()

    def _play(self, stopping):
        before = sys.getswitchinterval()
        sys.setswitchinterval(TURN)
        try:
            message = self._flow(stopping)
        finally:
            sys.setswitchinterval(before)
        self._silent(message)

    def _flow(self, stopping):
        """Make sound until it is stopped; returns why it ended."""
        voice, made, own = self._new_voice(), 0, 0.0
        while not stopping.is_set():
            self._follow(voice)
            at, start = voice.clock, time.perf_counter()
            chunk = voice.push()
            own += time.perf_counter() - start
            # As an answer to the page: ipykernel takes what a page says to the shell that spoke
            # to it last, and a running cell's would keep it until the cell ends.
            self._asked.run(self.send, {"kind": "sound", "at": at}, [chunk.tobytes()])
            made += len(chunk)
            if made - len(chunk) < TRIAL * SAMPLE_RATE <= made:
                speed = made / SAMPLE_RATE / own
                self.speed = round(speed, 2)
                if speed < ENOUGH:
                    return (
                        f"This machine makes this sound at {speed:.2f} times real time, too slow "
                        f"to play live (it takes {ENOUGH}). "
                        + ("The pad below plays sounds that were rendered beforehand."
                           if self.fallback else "Close other programs, and try again.")
                    )  # fmt: skip
            if not self._wait(voice, stopping):
                return "The page went away."
        return ""

    @property
    def _near(self):
        return min(NEAR + MORE * self.underruns, MOST)

    def _moved(self, voice):
        return (voice.x, voice.y, voice.pitch) != (self.x, self.y, self.note)

    def _follow(self, voice):
        """Go where the hand is, from the earliest moment at which that is audible."""
        if self._moved(voice):
            voice.x, voice.y, voice.pitch = self.x, self.y, self.note
            voice.back_to(self._speaker.played + SAMPLE_RATE * self._near)
            self._last_move = time.monotonic()

    def _wait(self, voice, stopping):
        """Wait until the page needs more or the hand moves; returns whether the page is there."""
        with self._heard:
            while not stopping.is_set():
                if self._speaker.silent > GONE:
                    return False
                lead = (voice.clock - self._speaker.played) / SAMPLE_RATE
                rests = time.monotonic() - self._last_move > REST
                early = lead - (AHEAD if rests else self._near)
                if early <= 0 or self._moved(voice) and lead > self._near + voice.frame:
                    break
                self._heard.wait(min(early, 0.05))
        return True

    def _wake(self, change):
        with self._heard:
            self._heard.notify_all()

    def _receive(self, widget, content, buffers):
        self._asked = contextvars.copy_context()
        if content.get("kind") == "start":
            self.start()
        elif content.get("kind") == "stop":
            self.stop()
        elif content.get("kind") == "played":
            with self._heard:
                self._speaker.report(int(content["samples"]), int(content["flow"]))
                self._heard.notify_all()
            self.underruns = int(content["underruns"])

    def _silent(self, message=""):
        self.playing = False
        if message:
            self.message = message
        if self.comm is not None:
            self.send({"kind": "silence"})

    def summary(self):
        return (
            f"A live pad between {', '.join(self.names)}; it needs a browser with widgets and a "
            "running kernel. Without, use the pad that was rendered beforehand."
        )
