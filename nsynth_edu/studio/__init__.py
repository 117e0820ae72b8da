"""Studio: a group's sounds become an instrument.

Samples are checked, prepared and taken in; four sets make a group; workers make the points between
them, here or on a cluster; finished groups are written as instruments.
"""

from nsynth_edu.studio.backend import Status, cancel, status, submit, wait
from nsynth_edu.studio.export import export
from nsynth_edu.studio.groups import plan_groups
from nsynth_edu.studio.intake import Taken, take
from nsynth_edu.studio.job import Job, Worker
from nsynth_edu.studio.plan import Group, Instrument, Plan, Settings, StudioError
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
    "Group",
    "Instrument",
    "Job",
    "Plan",
    "Problem",
    "Settings",
    "Status",
    "StudioError",
    "Taken",
    "Worker",
    "cancel",
    "check_instrument",
    "check_samples",
    "export",
    "plan_groups",
    "prepare",
    "status",
    "submit",
    "take",
    "wait",
]
