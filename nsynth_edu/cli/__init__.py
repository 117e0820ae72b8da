"""``nsynth-edu COMMAND``: reads the words, asks the floors below, answers in sentences.

Exit codes: 0 done, 1 the input has problems (one sentence on stderr), 2 wrong usage. Results go
to files or stdout, everything said on the way to stderr. One module holds the words, the others
the commands; nothing heavy is imported before one of them runs, so that ``--help`` answers at once.
"""

import warnings

from nsynth_edu.cli.console import say, warn_in_sentences
from nsynth_edu.cli.words import parser

STOPPED = 130  # what a shell expects after Ctrl-C


def main(argv=None):
    """Run one command -> exit code."""
    arguments = parser().parse_args(argv)
    with warnings.catch_warnings():
        warn_in_sentences()
        try:
            arguments.run(arguments)
        except OSError as problem:
            say(f"{problem.filename or 'a file'}: {problem.strerror or problem}.")
            return 1
        except ValueError as problem:  # what every floor raises for input it cannot use
            say(problem)
            return 1
        except KeyboardInterrupt:
            say("stopped.")
            return STOPPED
    return 0
