"""What all explorers share: their look, and words where widgets do not run."""

import anywidget

from nsynth_edu.page import static_text

from ..described import Described


class Explorer(Described, anywidget.AnyWidget):
    """A widget to find something out with: `summary()` takes its place without a kernel."""

    _css = static_text("theme.css", "explorer.css")
