"""Studio: a group's sounds become an instrument. Samples are checked, prepared and taken in."""

from nsynth_edu.studio.intake import Taken, take
from nsynth_edu.studio.recordings import prepare
from nsynth_edu.studio.samples import (
    KINDS,
    NOTES,
    REMARKS,
    Problem,
    check_instrument,
    check_samples,
)

__all__ = [
    "KINDS",
    "NOTES",
    "REMARKS",
    "Problem",
    "Taken",
    "check_instrument",
    "check_samples",
    "prepare",
    "take",
]
