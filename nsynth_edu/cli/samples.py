"""sample prepare, sample check: the seven notes of an instrument."""

from nsynth_edu import studio
from nsynth_edu.cli.console import check_output, counted, say


def prepare(arguments):
    """Write one canonical sample, and print each repair."""
    check_output(arguments.output, folder=True)
    path, repairs = studio.prepare(
        arguments.input, arguments.instrument, arguments.note, arguments.output
    )
    for sentence in repairs:
        say(sentence)
    print(path)


def check(arguments):
    """Print one sentence per problem on stdout, and the remarks on stderr."""
    found = studio.check_samples(arguments.folder, remarks=True)
    problems = [each for each in found if not each.remark]
    for each in found:
        if each.remark:
            say(f"remark: {each}")
    for each in problems:
        print(each)
    if problems:
        raise ValueError(f"{counted(len(problems), 'problem')} in {arguments.folder}.")
    say(f"{arguments.folder} is a complete set, ready to hand in.")
