"""Widgets in words: where they do not run, and on paper below them."""

from nsynth_edu.page import Markup, escape, players_table


class Described:
    """A base class, named before the widget's: shows `summary()` where widgets do not run."""

    def summary(self):
        """One or two sentences: what it is, and what it shows now."""
        raise NotImplementedError

    def in_words(self):
        """The same as `Markup`; a widget with more than sentences to show replaces it."""
        return Markup(f"<p>{escape(self.summary())}</p>", self.summary())

    def _repr_mimebundle_(self, **kwargs):
        shown = super()._repr_mimebundle_(**kwargs)
        bundle, metadata = shown if isinstance(shown, tuple) else (shown or {}, {})
        words = self.in_words()
        return bundle | {"text/html": words._repr_html_(), "text/plain": repr(words)}, metadata


def on_paper(caption, heads, rows, lines, picture):
    """What a widget shows, without a widget: a table and a picture.

    Args:
        caption, heads, rows: see `players_table`.
        lines: the rows as sentences, for plain text.
        picture: Markup of the figure below the table.

    Returns:
        Markup.
    """
    text = "\n".join([caption, *lines, picture.text])
    return Markup(players_table(heads, rows, caption) + picture.body, text)
