"""The command line as a user meets it, run in this process."""

from nsynth_edu.cli import main


def exit_code(line):
    """Run a command and return its exit code, that of argparse, too.

    Args:
        line: its words, without `nsynth-edu`.
    """
    try:
        return main(line.split())
    except SystemExit as stop:  # what argparse does
        return stop.code
