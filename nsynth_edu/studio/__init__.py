"""Studio: a group's sounds become an instrument.

Samples are prepared, checked and ingested; four sets make a group; workers generate the points
between them, here or on a cluster; finished groups are exported as instruments.
"""

import lazy_loader

__getattr__, __dir__, __all__ = lazy_loader.attach(
    __name__,
    submod_attrs={
        "backend": ["Status", "cancel", "queue", "status", "submit", "wait", "working"],
        "course_sounds": ["course_notes", "render_course_sounds"],
        "export": ["export", "read_instrument"],
        "card": ["card_bytes", "corners_of"],
        "forecast": ["Forecast", "forecast", "gigabytes"],
        "groups": ["last_settings", "plan_card", "plan_groups"],
        "intake": ["IngestResult", "ingest"],
        "job": ["Job", "Worker"],
        "plan": ["Group", "Instrument", "Plan", "Settings", "StudioError"],
        "recordings": ["prepare"],
        "samples": ["KINDS", "NOTES", "REMARKS", "Problem", "check_instrument", "check_samples"],
    },
)
