"""The arguments of every command."""

import argparse

from nsynth_edu import __version__
from nsynth_edu.cli import course, group, listening, notes, samples, sounds
from nsynth_edu.cli.declare import add_command, add_commands, add_described, add_output
from nsynth_edu.cli.model_words import model_words
from nsynth_edu.cli.values import (
    instrument,
    number,
    numbers,
    pitch,
    place,
    rectangle,
    sample_note,
    timbre,
    words,
    worker_of,
)
from nsynth_edu.generation.engines import ENGINES
from nsynth_edu.generation.sampling import SAMPLING

SUBMITTED = "folder with one folder per student, or the download of Moodle or Canvas, zipped or not"
SOUND = "sound file: WAV, FLAC, OGG, MP3, AIFF, M4A or WebM"
EXPORTS = ("pad", "nsynth-super", "multigrid", "sfz")


def parser():
    """Build the parser of all commands.

    Returns:
        argparse.ArgumentParser; its results have `run`, the function of the command.
    """
    top = argparse.ArgumentParser(
        prog="nsynth-edu", description="Play, train and listen to a neural synthesizer."
    )
    top.add_argument("--version", action="version", version=f"nsynth-edu {__version__}")
    top.add_argument("--debug", action="store_true", help="show where an unexpected fault happened")
    commands = add_commands(top)
    _course_words(commands)
    _sound_words(commands)
    _note_words(commands)
    _sample_words(commands)
    _group_words(commands)
    model_words(commands)
    _listening_words(commands)
    return top


def _course_words(commands):
    """lab."""
    new = add_command(commands, "lab", course.lab, "open the course in JupyterLab")
    new.add_argument(
        "folder", nargs="?", metavar="FOLDER",
        help="folder for your copy of the lessons, new or existing (default: this checkout, or "
        "else nsynth-edu-course)",
    )  # fmt: skip
    new.add_argument(
        "--no-browser", action="store_true", help="serve the course without opening a browser"
    )
    what = "show nbgrader's Create Assignment, Formgrader and course list"
    new.add_argument("--instructor", action="store_true", help=what)
    new.add_argument("--port", type=number(int, 1, 65535), metavar="N", help="port to serve on")


def _sound_words(commands):
    """morph, follow, live, play, perform, encode, decode."""
    new = add_command(commands, "morph", sounds.morph, "make the hybrid of two sounds, 4 s long")
    new.add_argument("a", metavar="A", help=SOUND)
    new.add_argument("b", metavar="B", help="a second sound file")
    add_output(new, "OUT.wav")
    share = number(float, 0, 1)
    what = "how much of B: 0 is A, 1 is B (default 0.5)"
    new.add_argument("--mix", type=share, default=0.5, metavar="SHARE", help=what)
    _decoding(new, "estimated from the sounds")

    what = "play the melody of one sound with the timbre of another"
    new = add_command(commands, "follow", sounds.follow, what)
    new.add_argument(
        "voice", metavar="VOICE", help="sound file with one pitched note at a time; its first 60 s"
    )
    new.add_argument(
        "--instrument", nargs="+", required=True, metavar="NOTE.wav",
        help="sound file of a note of the instrument, or several at different pitches",
    )  # fmt: skip
    add_output(new, "OUT.wav")
    _model(new, "pocket@2")
    _sampling(new)

    what = "write a web page on which the network plays live between four sounds"
    new = add_command(commands, "live", sounds.live, what)
    new.add_argument(
        "corners", nargs=4, metavar="SOUND",
        help="sound files of one note each for the corners: top left, top right, bottom left, "
        "bottom right",
    )  # fmt: skip
    add_output(new, "PAGE.html")
    _model(new)

    _play_words(commands)
    _perform_words(commands)
    new = add_command(commands, "encode", sounds.encode, "encode a sound: 16 numbers per 32 ms")
    new.add_argument("input", metavar="IN", help=SOUND)
    add_output(new, "Z.npz")
    _model_and_pitch(new, "estimated from the sound")
    new.add_argument(
        "--seconds", type=number(float, 0.05, 60), default=4.0, metavar="S",
        help="length to which the sound is cut, or padded with silence (default 4)",
    )  # fmt: skip

    new = add_command(commands, "decode", sounds.decode, "decode an encoding to sound")
    new.add_argument(
        "input",
        metavar="Z.npz",
        help="file of `nsynth-edu encode`, or an encoding alone as .npy or .npz",
    )
    add_output(new, "OUT.wav")
    _decoding(new, "the one in Z.npz, if it holds one")


def _play_words(commands):
    new = add_command(commands, "play", sounds.play_song, "play a MIDI file on a pad")
    new.add_argument("song", metavar="SONG.mid", help="MIDI file; its drums are left out")
    new.add_argument(
        "--instrument", required=True, metavar="FOLDER",
        help="a job of `group plan` with a finished group, or a pad that `group export` wrote",
    )  # fmt: skip
    new.add_argument(
        "--group", metavar="ID", help="which group of the job, if several are finished"
    )
    ends = "nw, n, ne, w, middle, e, sw, s, se, or X,Y from 0,0 (top left) to 1,1"
    new.add_argument(
        "--from", dest="begin", type=place, metavar="PLACE",
        help=f"where on the pad the song begins: {ends} (default: where the song's controllers 1 "
        "and 74 lead, or the middle)",
    )  # fmt: skip
    new.add_argument(
        "--to", type=place, metavar="PLACE",
        help="where the song ends; the path there is straight (default: where it begins)",
    )  # fmt: skip
    add_output(new, "OUT.wav")


def _perform_words(commands):
    what = "play a MIDI file with any timbre of Mel2Mel's map"
    new = add_command(commands, "perform", sounds.perform, what)
    new.add_argument("song", metavar="SONG.mid", help="MIDI file; its drums are left out")
    where = new.add_mutually_exclusive_group(required=True)
    where.add_argument(
        "--timbre", type=timbre, metavar="NAME|X,Y",
        help="an instrument, such as vibraphone, or a point on the map; --timbre=-1,0.5 where it "
        "begins with a minus",
    )  # fmt: skip
    where.add_argument(
        "--timbre-path", type=timbre, nargs="+", metavar="NAME|X,Y",
        help="several, to move from one to the next during the song",
    )  # fmt: skip
    add_output(new, "OUT.wav")
    new.add_argument(
        "--vocoder", choices=("griffin-lim", "wavenet"), default="griffin-lim",
        help="what makes the mel spectrogram sound (default griffin-lim)",
    )  # fmt: skip
    new.add_argument(
        "--model", default="mel2mel", metavar="MODEL", help="mel2mel, or a .safetensors file"
    )
    _seed(new)


def _note_words(commands):
    """notes render, gestures, drums, synthetic, pieces."""
    group = add_commands(add_described(commands, "notes", "make data sets of notes"))
    new = add_command(group, "render", notes.render, "render notes of a SoundFont into a folder")
    add_output(new, "FOLDER")
    _soundfont(new)
    _programs(new, "the ten of Mel2Mel")
    for name, default in (("pitches", "24-84"), ("velocities", "60,90,120")):
        new.add_argument(
            f"--{name}", type=numbers, default=default, metavar="LIST",
            help=f"as in 24-84 or 60,64,67 (default {default})",
        )  # fmt: skip
    seconds = number(float, 0, 4)
    for name, default, what in (("held", 3.0, "with the key down"), ("release", 1.0, "after it")):
        new.add_argument(
            f"--{name}", type=seconds, default=default, metavar="S",
            help=f"seconds {what} (default {default:g})",
        )  # fmt: skip

    new = add_command(group, "gestures", notes.gestures, "render notes that glide, waver and swell")
    add_output(new, "FOLDER")
    _soundfont(new)
    _programs(new, "all that have a pitch")
    new.add_argument(
        "--takes", type=number(int, 1, 99), default=10, metavar="N",
        help="notes of each instrument (default 10)",
    )  # fmt: skip
    _seed(new)

    new = add_command(group, "drums", notes.drums, "render the drums of a SoundFont")
    add_output(new, "FOLDER")
    _soundfont(new)

    new = add_command(group, "synthetic", notes.synthetic, "synthesise voices, noises and clicks")
    add_output(new, "FOLDER")
    for name, default, what in (("voices", 300, "voices"), ("noises", 100, "noises and clicks")):
        new.add_argument(
            f"--{name}", type=number(int, 0, 9900), default=default, metavar="N",
            help=f"how many {what} (default {default})",
        )  # fmt: skip
    _seed(new)

    what = "compose pieces and play them on instruments of a SoundFont, for Mel2Mel"
    new = add_command(group, "pieces", notes.pieces, what)
    add_output(new, "FOLDER")
    _soundfont(new)
    _programs(new, "the ten of Mel2Mel")
    new.add_argument(
        "--count", type=number(int, 1, 9999), default=100, metavar="N",
        help="pieces of 8 s (default 100)",
    )  # fmt: skip
    _seed(new)


def _soundfont(new):
    new.add_argument(
        "--soundfont", metavar="PATH",
        help="an .sf2 or .sf3 file (default: FluidR3_GM, as Linux distributions install it)",
    )  # fmt: skip


def _programs(new, default):
    new.add_argument(
        "--programs", type=words, metavar="LIST",
        help=f"General MIDI numbers from 0, or names, as in 0,11,flute (default: {default})",
    )  # fmt: skip


def _seed(new):
    new.add_argument(
        "--seed", type=number(int, 0, 2**32), default=0, metavar="N",
        help="the same seed makes the same notes (default 0)",
    )  # fmt: skip


def _sample_words(commands):
    """sample prepare, check."""
    what = "prepare and check the seven notes of an instrument"
    group = add_commands(add_described(commands, "sample", what))
    new = add_command(
        group, "prepare", samples.prepare,
        "make one sample from a recording: 16 kHz, 16 bit, mono, exactly 64,000 samples",
    )  # fmt: skip
    new.add_argument("input", metavar="IN", help=SOUND)
    new.add_argument(
        "--instrument", type=instrument, required=True, metavar="NAME",
        help="letters a-z and digits, as in sandstormlead",
    )  # fmt: skip
    new.add_argument(
        "--note", type=sample_note, required=True, metavar="N",
        help="MIDI number of one of the seven notes: 24, 28 ... 48, a major third apart",
    )  # fmt: skip
    add_output(new, "FOLDER")
    new = add_command(group, "check", samples.check, "list the problems of a set of samples")
    new.add_argument("folder", metavar="FOLDER", help="folder with a file NAME_NOTE.wav per note")


def _group_words(commands):
    """group plan, run, render, status, cancel, export."""
    what = "make one instrument from four students' sounds"
    subcommands = add_commands(add_described(commands, "group", what))
    _group_plan(subcommands)
    _group_run(subcommands)
    _job(add_command(subcommands, "status", group.status, "count the finished points"))
    _job(add_command(subcommands, "cancel", group.cancel, "stop the workers; finished points stay"))
    new = add_command(subcommands, "export", group.export, "export finished groups as instruments")
    _job(new)
    new.add_argument("--to", choices=EXPORTS, required=True, help="kind of instrument to write")
    new.add_argument(
        "--points", type=number(int, 2, 33), default=3, metavar="N",
        help="for sfz: sounds per side of the pad, at most (default 3); each key takes N x N "
        "voices of the sampler, and sfizz has 64 unless set to more",
    )  # fmt: skip
    new.add_argument("--group", metavar="ID", help="export only this group (default: all)")
    add_output(new, "OUT")


def _group_plan(commands):
    new = add_command(
        commands,
        "plan",
        group.plan,
        "read the sounds of a class and form groups of four, or plan a card without a class",
    )
    source = new.add_mutually_exclusive_group(required=True)
    source.add_argument("submitted", metavar="SUBMITTED", nargs="?", help=SUBMITTED)
    source.add_argument(
        "--course-instruments", type=int, choices=(4, 8, 12, 16), metavar="N",
        help="no class's sounds, but all combinations of N instruments of the course, 4 to 16 of "
        "General MIDI in fours, for the card of an Open NSynth Super; says what it will cost",
    )  # fmt: skip
    add_output(new, "JOB")
    new.add_argument(
        "--pitches", type=numbers, metavar="LIST",
        help="of the course's instruments, as in 24,36,48 (default: the seven notes of a set)",
    )  # fmt: skip
    _soundfont(new)
    new.add_argument(
        "--resolution", type=number(int, 2, 33), metavar="N",
        help="points from one instrument to the next, both included (default 9; if the job has "
        "groups already, the settings default to those of the last one)",
    )  # fmt: skip
    what = "name of the folder with the sounds, within each student's folder"
    new.add_argument("--assignment", metavar="NAME", help=what)
    new.add_argument(
        "--prepare", action="store_true",
        help="make samples of files named as in lead_24.m4a (or webm, mp3, flac ...), and of .wav "
        "files in another format; says what was changed (default: they are named as problems)",
    )  # fmt: skip
    new.add_argument(
        "--multigrid", type=rectangle, metavar="DOWNxACROSS",
        help="larger groups, up to 8x8 instruments (default 2x2)",
    )  # fmt: skip
    new.add_argument(
        "--fill",
        action="store_true",
        help="complete the last group with the course's instruments (needs FluidR3_GM)",
    )
    new.add_argument("--model", help="pocket, or a .safetensors file (default pocket)")
    _temperature(new)
    new.add_argument(
        "--seed", type=number(int, 0), metavar="N",
        help="the same seed makes the same sounds (default 0)",
    )  # fmt: skip


def _group_run(commands):
    """group run, and render: one of its workers."""
    new = add_command(commands, "run", group.run, "make the missing points, here or on a cluster")
    _job(new)
    new.add_argument(
        "--backend", choices=("local", "slurm"), default="local",
        help="this machine, or a Slurm cluster (default local)",
    )  # fmt: skip
    new.add_argument(
        "--workers",
        type=number(int, 1),
        metavar="N",
        help="how many (default: 1 per core or GPU here, as in the site file on a cluster)",
    )
    new.add_argument(
        "--site", metavar="FILE.toml", help="the cluster's settings: a file, or plain, or triton"
    )
    new.add_argument("--wait", action="store_true", help="wait until a cluster's workers end")
    _engine(new)

    new = add_command(
        commands, "render", group.render, "run one worker of several, as in a job array"
    )
    _job(new)
    new.add_argument(
        "--share", type=worker_of, required=True, metavar="K/N", help="worker K of N, as in 3/8"
    )
    _engine(new)


def _listening_words(commands):
    what = "pool a class's listening test"
    new = add_command(commands, "listening", listening.listening, what)
    what = "files that the page of a listening test saved, or folders of them"
    new.add_argument("results", nargs="+", metavar="RESULTS", help=what)
    new.add_argument("--figure", metavar="FILE.png", help="draw the means and each listener")
    new.add_argument("--json", metavar="FILE", help="also write all numbers to this file")


def _job(command):
    command.add_argument("job", metavar="JOB", help="folder that `group plan` wrote")


def _engine(command):
    command.add_argument(
        "--engine", choices=("auto", *ENGINES), default="auto",
        help="what generates the samples (default auto)",
    )  # fmt: skip


def _model(command, default="pocket"):
    command.add_argument(
        "--model", default=default, help=f"pocket, or a .safetensors file (default {default})"
    )


def _model_and_pitch(command, default):
    _model(command)
    command.add_argument(
        "--pitch", type=pitch, metavar="N",
        help=f"MIDI number or name, 60 = C4 = middle C (default: {default})",
    )  # fmt: skip


def _decoding(command, default_pitch):
    _model_and_pitch(command, default_pitch)
    _sampling(command)


def _sampling(command):
    command.add_argument(
        "--seed", type=number(int, 0, 2**63 - 1), default=0, metavar="N",
        help="the same seed makes the same file (default 0)",
    )  # fmt: skip
    _temperature(command)


def _temperature(command):
    command.add_argument(
        "--temperature", type=number(float, 0), metavar="T",
        help="1 takes the model's distribution as it is, lower is cleaner and duller (default: as "
        "recommended for the model, 0.5 for pocket)",
    )  # fmt: skip
    command.add_argument(
        "--sampling", choices=SAMPLING,
        help="random draws each sample, mean takes the mean of what the model expects (much less "
        "hiss), auto takes the mean where the sound is pitched (default: as recommended for the "
        "model, auto for pocket)",
    )  # fmt: skip
