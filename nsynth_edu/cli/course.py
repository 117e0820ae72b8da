"""lab: the course in JupyterLab."""

import os

import nsynth_edu
from nsynth_edu.cli.console import say

FIRST_LESSON = "00_hear_it_first.ipynb"


def lab(arguments):
    """Serve the course folder, opened at the first lesson, until it is stopped."""
    from pathlib import Path  # here, as --help would wait for it

    folder = course_folder([Path.cwd(), Path(nsynth_edu.__file__).parents[1]])
    from jupyterlab.labapp import LabApp

    options = [f"--ServerApp.root_dir={folder}", f"--LabApp.default_url=/lab/tree/{FIRST_LESSON}"]
    if arguments.no_browser:
        options.append("--no-browser")
    if arguments.port is not None:
        options.append(f"--ServerApp.port={arguments.port}")
    if getattr(os, "geteuid", lambda: 1)() == 0:
        say("JupyterLab runs with root's rights; use an account of your own if you have one.")
        options.append("--allow-root")
    LabApp.launch_instance(options)


def course_folder(places):
    """The course of the first of these folders that is a checkout.

    Raises:
        ValueError: if none is.
    """
    for place in places:
        if (place / "course" / FIRST_LESSON).is_file():
            return place / "course"
    raise ValueError(
        f"there is no course/{FIRST_LESSON} here: the lessons do not come with the installed "
        "package; go to a copy of the nsynth-edu repository and run lab there."
    )
