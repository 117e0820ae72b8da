"""``nsynth-edu COMMAND``: the command line.

Exit codes: 0 done, 1 the input has problems (one sentence on stderr), 2 wrong usage. Results go
to files or stdout, messages to stderr. `words` defines the arguments, the other modules run the
commands; heavy packages are imported only when a command runs, so that ``--help`` is quick.
"""

import warnings

from nsynth_edu.cli.console import say, warn_in_sentences
from nsynth_edu.cli.words import parser

STOPPED = 130  # what a shell expects after Ctrl-C


def main(argv=None):
    """Run one command.

    Args:
        argv: list of words; None = those of the shell.

    Returns:
        int, the exit code.
    """
    arguments = parser().parse_args(argv)
    with warnings.catch_warnings():
        warn_in_sentences(arguments.debug)
        try:
            arguments.run(arguments)
        except OSError as problem:
            say(f"{problem.filename or 'a file'}: {problem.strerror or problem}.")
            return 1
        except ValueError as problem:  # raised by every package for invalid input
            say(problem)
            return 1
        except KeyboardInterrupt:
            say("stopped.")
            return STOPPED
        except Exception as fault:
            if arguments.debug:
                raise
            say(unexpected(fault))
            return 1
    return 0


def unexpected(fault):
    """A fault of this package in one sentence; `--debug` shows where it happened."""
    kind, words = type(fault).__name__, " ".join(str(fault).split())
    return (
        f"this is a fault of nsynth-edu, or an input that it does not understand ({kind}: "
        f"{words:.300}); run `nsynth-edu --debug` with the same words to see where, and report it."
    )
