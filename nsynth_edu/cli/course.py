"""lab: the course in JupyterLab."""

import os

import nsynth_edu
from nsynth_edu.cli.console import say


def lab(arguments):
    """Serve the course folder, opened at the first lesson, until it is stopped."""
    from nsynth_edu.studio.course_folder import FIRST_LESSON  # here, as --help would wait for it

    folder = course_folder(arguments.folder)
    use_settings(arguments.instructor)
    from jupyterlab.labapp import LabApp

    options = [
        f"--ServerApp.root_dir={folder}",
        f"--LabApp.default_url=/lab/tree/{FIRST_LESSON}",
        "--LabApp.news_url=None",
        "--LabApp.check_for_updates_class=jupyterlab.NeverCheckForUpdate",
    ]
    if arguments.no_browser:
        options.append("--no-browser")
    if arguments.port is not None:
        options.append(f"--ServerApp.port={arguments.port}")
    if getattr(os, "geteuid", lambda: 1)() == 0:
        say("JupyterLab runs with root's rights; use an account of your own if you have one.")
        options.append("--allow-root")
    LabApp.launch_instance(options)


def course_folder(wanted):
    """Where the lessons are: a checkout's, or a copy of the installed package's in a folder.

    Args:
        wanted: folder that the person named, or None.
    """
    from pathlib import Path

    from nsynth_edu.studio.course_folder import HOME, copy_course, find_course

    here = Path.cwd()
    found = find_course([here, Path(nsynth_edu.__file__).parents[1]]) if wanted is None else None
    if found is not None:
        return found
    home = Path(wanted or HOME).resolve()
    new = not home.exists()
    for path in copy_course(home, nsynth_edu.__version__):
        say(f"{path.name} is this version's; your own file of that name was left as it is.")
    if new:
        say(f"the lessons and their sounds are in {home}.")
    return home / "course"


def use_settings(instructor):
    """Give JupyterLab the course's own settings: a quiet start, nbgrader's panels for instructors.

    Args:
        instructor: whether Create Assignment, Formgrader and the course list are shown.
    """
    from pathlib import Path

    folder = Path(__file__).parent / "jupyter"
    ours = [folder / "all"] if instructor else [folder / "all", folder / "student"]
    paths = [*map(str, ours), *filter(None, [os.environ.get("JUPYTER_CONFIG_PATH")])]
    os.environ["JUPYTER_CONFIG_PATH"] = os.pathsep.join(paths)
