"""How far a group job is: it counts files, so it needs nothing but the folder."""

import threading
import time
from dataclasses import replace

import ipywidgets
import traitlets

from nsynth_edu.page import Markup, escape
from nsynth_edu.studio import Job, StudioError, cancel, status

from .described import Described

EVERY = 1.0  # s between two looks
SHARE = 0.1  # of the time at most that looking takes: a large job has many files
STARTING = 15.0  # s that workers may take until one is seen
REASONS = 3  # of points that could not be made; the rest is counted


class JobProgress(Described, ipywidgets.VBox):
    """A group job as it goes on: points made of wanted, rate, time left, failures, Cancel.

    A thread looks at the folder about once a second, and ends when all points are made, with
    `close`, or with the folder. Who makes the points, and which kernel asked for them, does not
    matter: after a restart `JobProgress(folder)` goes on where the files are.

    Args:
        folder: of the job.
        every: s between two looks, at least.

    Raises:
        StudioError: where the folder holds no plan.
    """

    now = traitlets.Any()  # studio.Status of the last look
    ended = traitlets.Bool()  # nothing more to look at

    def __init__(self, folder, every=EVERY):
        self.folder, self.every = folder, every
        self._stopping, self._looking = threading.Event(), threading.Lock()
        self._busy = time.monotonic()  # when something was last seen to happen
        self._shown = ipywidgets.HTML()
        self._cancel = ipywidgets.Button(
            description="Cancel", tooltip="End the workers; what is made stays."
        )
        self._cancel.on_click(lambda button: self.cancel())
        super().__init__(children=[self._shown, self._cancel], now=status(folder))
        self._show()
        self._thread = threading.Thread(target=self._watch, name="job progress", daemon=True)
        self._thread.start()

    def cancel(self):
        """Ask the workers to end after the points at hand, as `nsynth-edu group cancel`."""
        try:
            cancel(self.folder)
        except (OSError, StudioError):
            pass  # the folder is gone, and no worker uses it
        self.look()

    def look(self):
        """Count now.

        Returns:
            whether there is more to come.
        """
        with self._looking:
            if self.ended:
                return False
            try:
                self.now = status(self.folder)
                self._show()
            except (OSError, StudioError) as problem:
                self._end(str(problem))
            return not self.ended

    def close(self):
        """End the thread with the widget."""
        if hasattr(self, "_stopping"):
            self._stopping.set()
            if self._thread is not threading.current_thread():
                self._thread.join()
            self.ended = True
        super().close()

    def _watch(self):
        pause = self.every
        while not self._stopping.wait(pause):
            begin = time.monotonic()
            if not self.look():
                return
            pause = max(self.every, (time.monotonic() - begin) / SHARE)

    def _show(self):
        self._shown.value = self.in_words()._repr_html_()
        self._cancel.disabled = not self.now.missing or self._cancelled()
        if not self.now.missing:
            self._end()

    def _cancelled(self):
        return Job(self.folder).stop.exists()

    def _end(self, problem=""):
        self.ended, self._cancel.disabled = True, True
        if problem:
            self._shown.value = Markup(f"<p>{escape(problem)}</p>", problem)._repr_html_()

    def in_words(self):
        """Bar, counts, and what to do about points that are missing."""
        made, wanted = self.now.made, self.now.wanted
        summary, lines = str(self.now), []
        if self.now.working:
            self._busy = time.monotonic()
        if self.now.missing and self._cancelled():
            goes_on = "Cancelled: submit(folder) makes what is missing."
            lines.append("Workers end after the points at hand." if self.now.working else goes_on)
        elif self.now.missing and not self.now.working:
            if time.monotonic() - self._busy < STARTING:
                summary = str(replace(self.now, working=True))
                lines.append("Workers are starting.")
            else:
                lines.append("If none works elsewhere: submit(folder) makes what is missing.")
        why = list(self.now.problems.items())
        lines += [f"{point}: {reason}" for point, reason in why[:REASONS]]
        if len(why) > REASONS:
            lines.append(f"... and {len(why) - REASONS} more.")
        bar = f'<progress aria-label="points made" max="{wanted}" value="{made}"></progress>'
        listed = "".join(f"<li>{escape(line)}</li>" for line in lines)
        body = f"<p>{bar} {escape(summary)}</p>" + (f"<ul>{listed}</ul>" if listed else "")
        return Markup(body, "\n".join([summary, *lines]))
