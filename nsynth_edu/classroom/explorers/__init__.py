"""Instruments to find things out with: few controls, an answer at once, the same on paper below.

What they compute stands in the floors below, for lessons and for tests; here are widgets and
pictures. Lessons import all of them from this package.
"""

import lazy_loader

__getattr__, __dir__, __all__ = lazy_loader.attach(
    __name__,
    submod_attrs={
        "clock": ["GenerationClock"],
        "clock_figures": [
            "plot_pushes",
            "plot_rates",
            "plot_shares",
            "plot_stack",
            "plot_voices",
            "plot_work",
        ],
        "encoding_figures": [
            "plot_channels",
            "plot_envelopes",
            "plot_knobs",
            "plot_mixtures",
            "plot_paths",
        ],
        "figures": [
            "plot_error_levels",
            "plot_layers",
            "plot_rounding",
            "plot_samples",
            "plot_spectrograms",
            "plot_turns",
        ],
        "gated_unit": ["GatedUnit"],
        "layer_figures": [
            "plot_costs",
            "plot_gates",
            "plot_gradients",
            "plot_transfer",
            "plot_unit",
        ],
        "listening_figures": ["plot_scores"],
        "network_figures": [
            "plot_connections",
            "plot_guesses",
            "plot_learning",
            "plot_losses",
            "plot_pairs",
            "plot_riddle",
            "plot_sensitivity",
            "plot_surprise",
        ],
        "next_sample": ["NextSample"],
        "phase_search": ["PhaseSearch"],
        "quantiser": ["Quantiser"],
        "rainbow_layers": ["RainbowLayers", "layer_image"],
        "reach": ["Reach", "plot_views"],
        "spectral_figures": ["plot_convergence", "plot_pictures"],
        "timbre_pad": ["TimbrePad"],
    },
)
