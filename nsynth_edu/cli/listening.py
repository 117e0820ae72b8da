"""listening: the results of a class's listening test."""

from nsynth_edu.cli.console import check_output, counted, say
from nsynth_edu.cli.models import write_json


def listening(arguments):
    """Print means with intervals and the binomial test; name each file that is refused."""
    from nsynth_edu import evaluation

    for path, ending in ((arguments.json, ".json"), (arguments.figure, ".png")):
        if path:
            check_output(path, ending, arguments.results)
    results, refused = evaluation.pool(arguments.results)
    for sentence in refused:
        say(sentence)
    if not results:
        raise ValueError(
            f"{counted(len(refused), 'file')} refused, none left; expected the files that the "
            "page of a listening test saves."
        )
    found = evaluation.analyse(results)
    if arguments.figure:
        from nsynth_edu.classroom import plot_listening
        from nsynth_edu.sound.files import atomic_write

        with atomic_write(arguments.figure) as path:
            plot_listening(found).savefig(path, format="png", dpi=150)
    if arguments.json:
        write_json(arguments.json, found)
    print(evaluation.report_listening(found))
