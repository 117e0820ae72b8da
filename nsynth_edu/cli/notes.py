"""notes render, gestures, drums, synthetic, pieces: data sets from a SoundFont, or from nothing."""

import os

from nsynth_edu import sound
from nsynth_edu.cli.console import check_output, counted, progress

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
    print(f"{counted(len(notes), 'note')} in {arguments.output}")


def gestures(arguments):
    """Play instruments as players do into a folder; what is already there is kept."""
    check_output(arguments.output, folder=True)
    with progress("instruments") as report:
        notes = sound.render_gestures(
            arguments.soundfont or installed_soundfont(),
            arguments.output,
            arguments.programs or sound.PITCHED_PROGRAMS,
            arguments.takes,
            arguments.seed,
            progress=report,
        )
    print(f"{counted(len(notes), 'note')} in {arguments.output}")


def drums(arguments):
    """Play drum kits into a folder; what is already there is kept."""
    check_output(arguments.output, folder=True)
    with progress("kits") as report:
        soundfont = arguments.soundfont or installed_soundfont()
        notes = sound.render_drums(soundfont, arguments.output, progress=report)
    print(f"{counted(len(notes), 'note')} in {arguments.output}")


def synthetic(arguments):
    """Invent voices and noises; those of the same names are replaced."""
    check_output(arguments.output, folder=True)
    notes = sound.render_synthetic(
        arguments.output, arguments.voices, arguments.noises, arguments.seed
    )
    print(f"{counted(len(notes), 'note')} in {arguments.output}")


def pieces(arguments):
    """Compose pieces and play them on some instruments into a folder."""
    check_output(arguments.output, folder=True)
    with progress("instruments") as report:
        takes = sound.render_pieces(
            arguments.soundfont or installed_soundfont(),
            arguments.output,
            arguments.programs or sound.MEL2MEL_PROGRAMS,
            arguments.count,
            arguments.seed,
            progress=report,
        )
    print(f"{counted(len(takes), 'sound')} in {arguments.output}")


def installed_soundfont():
    """The path of this machine's SoundFont; without one, the first path that was tried."""
    return next((path for path in SOUNDFONTS if os.path.exists(path)), SOUNDFONTS[0])
