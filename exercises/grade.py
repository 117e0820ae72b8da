"""Grade a class: one student after another, each in a sandbox, none of whom stops the others.

    python grade.py ps1_mu_law                  grade who has handed in since the last time
    python grade.py ps1_mu_law --again          grade everybody anew
    python grade.py ps1_mu_law --overview       a table of who is stuck where
    python grade.py ps1_mu_law --overview --figure class.png

Run it in this folder. What nbgrader says of each student lies in grading/ASSIGNMENT/STUDENT.log.
"""

import argparse
import re
import sys
import warnings
from pathlib import Path

import numpy as np
from checks.sandbox import UnsafeGradingError, available, refuse_as_root
from nbgrader.api import Gradebook, MissingEntry
from nbgrader.apps import NbGraderAPI
from traitlets.config.loader import PyFileConfigLoader

from nsynth_edu.generation import generate
from nsynth_edu.models import load_model
from nsynth_edu.sound import rainbowgram
from nsynth_edu.sound.files import write_text

COURSE = Path(__file__).resolve().parent
# said once per student by nbgrader's own database, where nothing is wrong
warnings.filterwarnings("ignore", message="Object of type .* not in session")
REASONS = {  # what nbgrader's log says -> what it means
    r"DeadKernelError|Kernel died": "its code ends the program that runs it",
    r"Missing notebooks|missing.*notebook|No notebooks": "has no notebook of the expected name",
    r"NotJSONError|JSONDecodeError|not appear to be": "the notebook is no valid file",
    r"LinkError": "it holds a link, which may lead to another's work",
    r"ValidationError|SchemaTooOld|SchemaMismatch": "the notebook's form is damaged",
}


def main():
    words = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    words.add_argument("assignment")
    words.add_argument("--student", action="append", help="only this one; may be repeated")
    words.add_argument("--again", action="store_true", help="also who has been graded already")
    words.add_argument("--overview", action="store_true", help="grade nobody; show the class")
    words.add_argument("--figure", help="draw the overview into this file, too")
    told = words.parse_args()
    if told.overview:
        show(told.assignment, told.figure)
        return 0
    if not available():
        try:
            refuse_as_root()
        except UnsafeGradingError as refused:
            print(refused, file=sys.stderr)
            return 2
        print("No bubblewrap here: students' code runs with your rights.", file=sys.stderr)
    students = told.student or handed_in(told.assignment)
    if not students:
        print(f"Nobody has handed in {told.assignment}: submitted/ is empty.", file=sys.stderr)
        return 1
    compile_all()
    failed = 0
    for student in students:
        problem = grade(told.assignment, student, told.again)
        failed += problem is not None
        print(f"{student}: {problem or points(told.assignment, student)}", flush=True)
    print(f"{len(students) - failed} of {len(students)} graded.")
    return 1 if failed else 0


def compile_all():
    """Once here, lest every student's kernel does it anew: what that compiles is thrown away."""
    generate(load_model("pocket"), np.zeros((1, 16), np.float32), pitch=60)
    rainbowgram(np.zeros(64_000, np.float32))


def handed_in(assignment):
    """Students with a folder for the assignment, by name."""
    folders = (COURSE / "submitted").glob(f"*/{assignment}")
    return sorted(path.parent.name for path in folders if path.is_dir())


def grade(assignment, student, again=False):
    """Let nbgrader grade one student -> why that failed, or None."""
    config = PyFileConfigLoader("nbgrader_config.py", str(COURSE)).load_config()
    done = NbGraderAPI(config=config).autograde(assignment, student, force=again, create=True)
    log = COURSE / "grading" / assignment / f"{student}.log"
    told = "\n".join(filter(None, [done.get("log"), done.get("error")]))
    write_text(log, told + "\n")
    if done["success"]:
        return None
    said = next((why for sign, why in REASONS.items() if re.search(sign, told)), "nobody knows why")
    return f"not graded: {said}; see {log.relative_to(COURSE)}"


def gradebook():
    return Gradebook(f"sqlite:///{COURSE / 'gradebook.db'}")


def points(assignment, student):
    """What the tests gave, and what waits for a person."""
    with gradebook() as book:
        try:
            handed = book.find_submission(assignment, student)
        except MissingEntry:
            return "not in the gradebook"
        tests = sum(grade.auto_score or 0 for n in handed.notebooks for grade in n.grades)
        most = sum(
            grade.max_score for n in handed.notebooks for grade in n.grades
            if grade.cell.cell_type == "code"
        )  # fmt: skip
        waiting = sum(grade.needs_manual_grade for n in handed.notebooks for grade in n.grades)
    return f"{tests:g} of {most:g} points by tests, {waiting} answers to read"


def scores(assignment):
    """(students, cells, most, got): got (students, cells) is NaN where a person has to look."""
    with gradebook() as book:
        cells = {
            cell.name: cell.max_score
            for notebook in book.find_assignment(assignment).notebooks
            for cell in notebook.grade_cells
        }
        rows = {}
        for handed in book.assignment_submissions(assignment):
            if not (COURSE / "autograded" / handed.student.id / assignment).is_dir():
                continue  # could not be graded
            row = rows.setdefault(handed.student.id, dict.fromkeys(cells, np.nan))
            for notebook in handed.notebooks:
                for one in notebook.grades:
                    row[one.name] = np.nan if one.needs_manual_grade else one.score
    students = sorted(rows)
    got = np.array([[rows[s][c] for c in cells] for s in students]).reshape(-1, len(cells))
    return students, list(cells), np.array(list(cells.values())), got


def show(assignment, figure=None):
    """Print how the class did in each cell, worst first, and who got nothing there."""
    students, cells, most, got = scores(assignment)
    if not students:
        print(f"Nobody's {assignment} has been graded yet.")
        return
    share = got / most
    solved = share.mean(axis=0)  # NaN while an answer waits for a person
    print(f"{assignment}: {len(students)} students")
    print(f"{'cell':28} {'points':>6} {'solved':>7}  who got nothing")
    for place in np.argsort(solved):  # NaN last
        none = [s for s, one in zip(students, share[:, place], strict=True) if one == 0]
        told = "by hand" if np.isnan(solved[place]) else f"{solved[place]:.0%}"
        names = ", ".join(none[:6]) + (f" and {len(none) - 6} more" if len(none) > 6 else "")
        print(f"{cells[place]:28} {most[place]:6g} {told:>7}  {names}")
    if figure:
        draw(students, cells, share, figure)
        print(figure)


def draw(students, cells, share, path):
    """A square for each student and cell: the darker, the fewer points; hatched = by hand."""
    from matplotlib.figure import Figure

    drawn = Figure((2 + 0.32 * len(cells), 1.6 + 0.22 * len(students)), layout="constrained")
    axes = drawn.subplots()
    axes.set_facecolor("white")
    axes.patch.set_hatch("///")
    image = axes.pcolormesh(share, cmap="Blues_r", vmin=0, vmax=1, edgecolors="white")
    axes.set_xticks(np.arange(len(cells)) + 0.5, cells, rotation=90, fontsize=8)
    axes.set_yticks(np.arange(len(students)) + 0.5, students, fontsize=8)
    axes.invert_yaxis()
    axes.set_title("Share of the points; hatched: waits for a person", fontsize=9)
    drawn.colorbar(image, ax=axes)
    drawn.savefig(path)


if __name__ == "__main__":
    sys.exit(main())
