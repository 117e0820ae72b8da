"""What all explorers share: controls that change an answer, their look, and themselves in words."""

import anywidget
import traitlets

from nsynth_edu.page import static_text

from ..described import Described


class Explorer(Described, anywidget.AnyWidget):
    """A widget to find something out with: a control moves, and `answer` is read anew.

    A subclass has `read()`, `about()`, and `twin()`: the same on paper.
    """

    _css = static_text("theme.css", "explorer.css")
    answer = traitlets.Dict().tag(sync=True)  # see `read`
    controls = ()  # names of the traits that change the answer
    below = "The table below has more."

    def __init__(self, *args, **traits):
        super().__init__(*args, **traits)
        self.observe(self._compute, list(self.controls))
        self._compute()

    def read(self):
        """What the instrument shows: a dict of numbers, and a sentence under "sentence"."""
        raise NotImplementedError

    def about(self):
        """What it is, for `summary`."""
        raise NotImplementedError

    def _compute(self, _=None):
        self.answer = self.read()

    def summary(self):
        return (
            f"{self.about()}; it needs a browser with widgets and a running kernel. "
            f"{self.read()['sentence']} {self.below}"
        )
