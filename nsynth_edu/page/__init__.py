"""What a browser runs and shows: ES modules, styles, HTML, and the bundler that joins modules."""

from .bundle import BundleError, bundle, static_text, widget
from .markup import Html, Markup, attribute, data_uri, escape, players_table

__all__ = [
    "BundleError",
    "Html",
    "Markup",
    "attribute",
    "bundle",
    "data_uri",
    "escape",
    "players_table",
    "static_text",
    "widget",
]
