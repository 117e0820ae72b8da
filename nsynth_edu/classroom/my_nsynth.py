"""A learner's own small NSynth, `course/my_nsynth.py`: what agrees with the course's network."""

from nsynth_edu.evaluation.my_nsynth import AGREES, compare_my_nsynth

from .feedback import Verdict

FILE = "my_nsynth.py"


def check_my_nsynth(path=FILE):
    """Say for each function of a learner's own NSynth whether it agrees with the course's network.

    Args:
        path: of the file; in a lesson it lies next to the notebook.

    Returns:
        :class:`Verdict`: one line per function; true where all agree. One sentence if there is no
        such file, or it does not run.
    """
    try:
        found = compare_my_nsynth(path)
    except ValueError as problem:
        return Verdict(False, [("My NSynth", str(problem))])
    done = list(found.values()).count(AGREES)
    top = ("My NSynth", f"{done} of {len(found)} functions agree with the course's network.")
    return Verdict(done == len(found), [top, *found.items()])
