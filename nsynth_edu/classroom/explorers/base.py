"""What all explorers share: their look, and words where widgets do not run."""

import anywidget

from ..markup import STATIC, Markup, escape


class Explorer(anywidget.AnyWidget):
    """A widget whose place is taken by `summary()` where there is no kernel."""

    _css = STATIC / "explorer.css"

    def summary(self):
        """One or two sentences: what it is and what it says now."""
        raise NotImplementedError

    def _repr_mimebundle_(self, **kwargs):
        shown = super()._repr_mimebundle_(**kwargs)
        bundle, metadata = shown if isinstance(shown, tuple) else (shown or {}, {})
        plain = Markup(f"<p>{escape(self.summary())}</p>", self.summary())
        return bundle | {"text/html": plain._repr_html_(), "text/plain": repr(plain)}, metadata
