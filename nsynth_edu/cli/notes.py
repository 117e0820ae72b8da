"""notes render: make a data set from a SoundFont."""

import os

from nsynth_edu import sound
from nsynth_edu.cli.console import check_output, progress

SOUNDFONTS = (
    "/usr/share/sounds/sf2/FluidR3_GM.sf2",  # Debian, Ubuntu
    "/usr/share/soundfonts/FluidR3_GM.sf2",  # Arch, Fedora
)


def render(arguments):
    """Render notes into a folder; existing ones are kept."""
    check_output(arguments.output, folder=True)
    with progress("notes") as report:
        notes = sound.render_notes(
            arguments.soundfont or installed_soundfont(),
            arguments.output,
            arguments.programs or sound.MEL2MEL_PROGRAMS,
            arguments.pitches,
            arguments.velocities,
            arguments.held,
            arguments.release,
            progress=report,
        )
    print(f"{len(notes)} notes in {arguments.output}")


def installed_soundfont():
    """The path of this machine's SoundFont; without one, the first path that was tried."""
    return next((path for path in SOUNDFONTS if os.path.exists(path)), SOUNDFONTS[0])
