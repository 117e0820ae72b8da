"""The arguments of the commands that train, score and judge models."""

from nsynth_edu.cli import models, ship
from nsynth_edu.cli.declare import add_command, add_output
from nsynth_edu.cli.values import number


def model_words(commands):
    """train, evaluate, judge, ship, bench, import-magenta."""
    new = add_command(commands, "train", models.train, "train a model")
    new.add_argument(
        "config", metavar="CONFIG.toml", help="model, notes and settings of the training"
    )
    new.add_argument("--resume", action="store_true", help="continue a run that was stopped")

    new = add_command(commands, "evaluate", models.evaluate, "score a model on notes")
    new.add_argument("model", metavar="MODEL", help="pocket, or a .safetensors file")
    new.add_argument("notes", metavar="NOTES", help="NSynth folder, with examples.json and audio/")
    new.add_argument(
        "--count", type=number(int, 1), metavar="N",
        help="notes per part (default 24); with --probe or --registers, of all (default all)",
    )  # fmt: skip
    new.add_argument(
        "--held-out", action="store_true", help="the model was trained on none of these instruments"
    )
    _subset(new)
    new.add_argument("--json", metavar="FILE", help="also write the scores to this file")
    new.add_argument(
        "--probe", action="store_true",
        help="instead: what linear classifiers read from z of pitch and family, on instruments "
        "that they were not trained on",
    )  # fmt: skip
    new.add_argument(
        "--registers", action="store_true",
        help="instead: at which pitches the mean z of each instrument changes its kind",
    )  # fmt: skip
    _judge_words(commands)

    new = add_command(
        commands, "ship", ship.ship, "make a finished run's weights a model of this package"
    )
    new.add_argument("folder", metavar="RUN", help="output folder of nsynth-edu train")
    new.add_argument("--name", required=True, help="name of the model, such as pocket")
    new.add_argument("--notes", metavar="NOTES", help="notes to score on (default: the run's)")
    new.add_argument("--note", metavar="FILE.md", help="text for the card: purpose, limits")
    new.add_argument(
        "--count", type=number(int, 1), default=models.PER_PART, metavar="N",
        help="notes per part (default 24)",
    )  # fmt: skip
    new.add_argument("--to", metavar="FOLDER", help="write there instead of into this checkout")
    new.add_argument("--force", action="store_true", help="ship it even if its scores are worse")

    new = add_command(commands, "bench", models.bench, "measure the speed of the engines")
    new.add_argument("--quick", action="store_true", help="fewer rounds")
    new.add_argument("--json", metavar="FILE", help="also write all numbers to this file")
    new.add_argument(
        "--figure", metavar="FILE.png", help="draw the speeds and the machine's limits"
    )

    what = "convert a checkpoint of Magenta's NSynth to a model file"
    new = add_command(commands, "import-magenta", models.import_magenta, what)
    new.add_argument(
        "checkpoint", metavar="CKPT", help="path of the checkpoint, as in model.ckpt-200000"
    )
    add_output(new, "MODEL.safetensors")
    new.add_argument("--ema", action="store_true", help="take the weights averaged over training")


def _judge_words(commands):
    """judge."""
    what = "judge whether copies keep the pitch, family and qualities of notes"
    new = add_command(commands, "judge", models.judge, what)
    new.add_argument("notes", metavar="NOTES", help="NSynth folder of the originals")
    new.add_argument(
        "copies", nargs="*", metavar="COPIES",
        help="a folder with copies of the same names, or a model that makes them: pocket, or "
        "a .safetensors file",
    )  # fmt: skip
    new.add_argument(
        "--count", type=number(int, 1), default=100, metavar="N",
        help="how many notes, evenly spread (default 100)",
    )  # fmt: skip
    new.add_argument(
        "--judge", default="judge", metavar="MODEL", help="judge, or a .safetensors file"
    )
    new.add_argument(
        "--seed", type=number(int, 0, 2**63 - 1), default=0, metavar="N",
        help="the same seed makes the same copies and intervals (default 0)",
    )  # fmt: skip
    _subset(new)
    new.add_argument("--json", metavar="FILE", help="also write the shares to this file")


def _subset(command):
    command.add_argument(
        "--subset", action="store_true",
        help="NOTES is a part of a data set: examples.json may name more notes than there are "
        "sounds, or fewer; says how many are left out",
    )  # fmt: skip
