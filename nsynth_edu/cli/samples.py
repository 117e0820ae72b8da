"""sample prepare, sample check: the seven notes that make an instrument."""

from nsynth_edu import studio
from nsynth_edu.cli.console import check_output, say


def prepare(arguments):
    """Write one canonical sample, and say each repair."""
    check_output(arguments.output, folder=True)
    path, repairs = studio.prepare(
        arguments.input, arguments.instrument, arguments.note, arguments.output
    )
    for sentence in repairs:
        say(sentence)
    print(path)


def check(arguments):
    """Print one sentence per problem; what can be used all the same is only remarked."""
    found = studio.check_samples(arguments.folder, remarks=True)
    problems = [each for each in found if not each.remark]
    for each in found:
        if each.remark:
            say(f"remark: {each}")
    for each in problems:
        print(each)
    if problems:
        many = len(problems)
        raise ValueError(f"{many} problem{'s' * (many > 1)} in {arguments.folder}.")
    say(f"{arguments.folder} is a complete set, ready to hand in.")
