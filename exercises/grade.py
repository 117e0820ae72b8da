"""Grade a class: one student after another, each in a sandbox; a failure does not stop the others.

    python grade.py ps1_mu_law                  grade new submissions
    python grade.py ps1_mu_law --again          grade all submissions again
    python grade.py ps1_mu_law --overview       a table of who is stuck where
    python grade.py ps1_mu_law --overview --figure class.png

Run it in this folder. nbgrader's log of each student is grading/ASSIGNMENT/STUDENT.log.
"""

import argparse
import logging
import re
import sys
import warnings
from pathlib import Path

import nbformat
import numpy as np
from checks.collect import contents
from checks.examine import REMARKS
from checks.names import STUDENT, few, printed, shown
from checks.sandbox import UnsafeGradingError, available, refuse_as_root, way
from nbgrader.api import Gradebook, MissingEntry
from nbgrader.apps import NbGraderAPI
from traitlets.config.loader import PyFileConfigLoader

from nsynth_edu.sound.files import write_text

COURSE = Path(__file__).resolve().parent
# harmless, but raised by nbgrader's database once per student
warnings.filterwarnings("ignore", message="Object of type .* not in session")
logging.getLogger("asyncio").setLevel(logging.CRITICAL)  # tasks of a kernel that was stopped
AS_ROOT = """\
Students' code runs in the sandbox as root without capabilities, not as nobody: here nobody may not
make namespaces, or may not read Python or the package. README.md says what differs."""
REASONS = {  # pattern in nbgrader's log -> its meaning
    r"(?m)^ *checks\.\w+\.(?:HandIn|Limit)Error: (.+)": r"\1",
    r"DeadKernelError|Kernel died": "its code ends the program that runs it",
    r"Missing notebooks|missing.*notebook|No notebooks": "has no notebook of the expected name",
    r"UnicodeDecodeError": "the notebook is not UTF-8 text",
    r"UnicodeEncodeError": "the notebook holds half a character",
    r"Unsupported nbformat version": "the notebook is of a newer format than this nbgrader reads",
    r"NotJSONError|JSONDecodeError|not appear to be": "the notebook is not a valid file",
    r"ValidationError|SchemaTooOld|SchemaMismatch": "the notebook's structure is damaged",
}


def main():
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("assignment")
    parser.add_argument("--student", action="append", help="only this one; may be repeated")
    parser.add_argument("--again", action="store_true", help="grade again what is graded already")
    parser.add_argument("--overview", action="store_true", help="do not grade; show the class")
    parser.add_argument("--figure", help="draw the overview into this file, too")
    options = parser.parse_args()
    if options.overview:
        show(options.assignment, options.figure)
        return 0
    if not available():
        try:
            refuse_as_root()
        except UnsafeGradingError as refused:
            print(refused, file=sys.stderr)
            return 2
        print("bubblewrap is missing: students' code runs with your rights.", file=sys.stderr)
    if available() and way() == "root":
        print(AS_ROOT, file=sys.stderr)
    students = options.student or submitters(options.assignment)
    if not students:
        print(f"submitted/ holds no {options.assignment}; collect it first.", file=sys.stderr)
        return 1
    compile_for(options.assignment)
    failed = 0
    for student in students:
        problem = grade(options.assignment, student, options.again)
        failed += problem is not None
        line = problem or points(options.assignment, student) + remark(options.assignment, student)
        known = (options.assignment, student)
        line = "; ".join([line, *remarks(*known), *others(*known)])
        print(f"{shown(student)}: {line}", flush=True)
    print(f"{len(students) - failed} of {len(students)} graded.")
    return 1 if failed else 0


def compile_for(assignment="*"):
    """Fill Numba's cache with what a sheet uses, so that no student's kernel compiles it again.

    Args:
        assignment: its name; by default all of `source/`.
    """
    sheets = COURSE.glob(f"source/{assignment}/*.ipynb")
    used = " ".join(path.read_text(encoding="utf-8") for path in sheets)
    if re.search(r"nsynth_edu\.(generation|play)|from nsynth_edu import", used):
        from nsynth_edu.generation import generate
        from nsynth_edu.models import load_model

        generate(load_model("pocket"), np.zeros((1, 16), np.float32), pitch=60)
    if "rainbowgram" in used:
        from nsynth_edu.sound import rainbowgram

        rainbowgram(np.zeros(64_000, np.float32))


def submitters(assignment):
    """List the students with a folder for the assignment, sorted by name."""
    folders = (COURSE / "submitted").glob(f"*/{assignment}")
    return sorted(path.parent.name for path in folders if path.is_dir())


def grade(assignment, student, again=False):
    """Let nbgrader grade one student.

    Args:
        assignment, student: names.
        again: grade a submission that is graded already.

    Returns:
        str, why it failed; None if it did not.
    """
    if not STUDENT.fullmatch(student):
        return "not graded: the folder's name is not a name that the exchange takes"
    config = PyFileConfigLoader("nbgrader_config.py", str(COURSE)).load_config()
    done = NbGraderAPI(config=config).autograde(assignment, student, force=again, create=True)
    log = COURSE / "grading" / assignment / f"{student}.log"
    text = "\n".join(filter(None, [done.get("log"), done.get("error")]))
    write_text(log, printed(text) + "\n")
    if done["success"]:
        return None
    return f"not graded: {reason(text)}; see {log.relative_to(COURSE)}"


def reason(text):
    """Find in nbgrader's log why a submission was not graded."""
    for sign, why in REASONS.items():
        if found := re.search(sign, text):
            return "".join(filter(str.isprintable, found.expand(why)))
    return "unknown reason"


def remark(assignment, student):
    """Say, to be appended to a student's line, if output was left out."""
    log = COURSE / "grading" / assignment / f"{student}.log"
    found = re.search(
        r"^\[WARNING\] Output (beyond .* was left out)$", log.read_text(), re.MULTILINE
    )
    return f"; output {found[1]}" if found else ""


def gradebook():
    return Gradebook(f"sqlite:///{COURSE / 'gradebook.db'}")


def points(assignment, student):
    """Sum up a student's points, and the answers that a person has to read; as text."""
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


def remarks(assignment, student):
    """What a person should look at: the remarks that grading left in the notebooks; as a list."""
    folder, found = COURSE / "autograded" / student / assignment, []
    for path in sorted(filter(Path.is_file, folder.glob("*.ipynb"))):
        for cell in nbformat.read(path, as_version=4).cells:
            if cell.get("id") == REMARKS:
                found += re.findall("^- (.*)[.]$", cell.source, flags=re.MULTILINE)
    return found


def others(assignment, student):
    """Name the notebooks of a hand-in that are none of the assignment's, and so not graded.

    Returns:
        list of phrases; empty if there is none.
    """
    if not STUDENT.fullmatch(student):
        return []
    asked = {path.name for path in (COURSE / "source" / assignment).glob("*.ipynb")}
    folder = COURSE / "submitted" / student / assignment
    found = [
        str(path)
        for path, _, is_folder, problem in contents(folder, sys.maxsize)
        if path.suffix == ".ipynb" and not is_folder and not problem
        and str(path) not in asked and ".ipynb_checkpoints" not in path.parts
    ]  # fmt: skip
    return [f"handed in, too, but not graded: {few(sorted(found))}"] if found else []


def scores(assignment):
    """Read the scores of a class from the gradebook.

    Returns:
        list of students; list of cells; maximum points (cells,); points (students, cells), NaN
        where a person has to grade.
    """
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
    """Print how the class did in each cell, worst first, and who got no points there."""
    students, cells, most, got = scores(assignment)
    if not students:
        print(f"No {assignment} has been graded yet.")
        return
    fraction = got / most
    solved = fraction.mean(axis=0)  # NaN while an answer waits for a person
    print(f"{assignment}: {len(students)} students")
    print(f"{'cell':28} {'points':>6} {'solved':>7}  no points")
    for place in np.argsort(solved):  # NaN last
        none = [s for s, one in zip(students, fraction[:, place], strict=True) if one == 0]
        percent = "by hand" if np.isnan(solved[place]) else f"{solved[place]:.0%}"
        print(f"{cells[place]:28} {most[place]:6g} {percent:>7}  {few(none)}")
    if figure:
        draw(students, cells, fraction, figure)
        print(figure)


def draw(students, cells, fraction, path):
    """Draw a square for each student and cell: the darker, the fewer points; hatched = by hand.

    Args:
        students, cells: lists of names.
        fraction: (students, cells), points as a fraction of the maximum.
        path: PNG file to write.
    """
    from matplotlib.figure import Figure

    drawn = Figure((2 + 0.32 * len(cells), 1.6 + 0.22 * len(students)), layout="constrained")
    axes = drawn.subplots()
    axes.set_facecolor("white")
    axes.patch.set_hatch("///")
    image = axes.pcolormesh(fraction, cmap="Blues_r", vmin=0, vmax=1, edgecolors="white")
    axes.set_xticks(np.arange(len(cells)) + 0.5, cells, rotation=90, fontsize=8)
    names = list(map(shown, students))
    axes.set_yticks(np.arange(len(students)) + 0.5, names, fontsize=8, parse_math=False)
    axes.invert_yaxis()
    axes.set_title("Fraction of the points; hatched: waits for a person", fontsize=9)

    drawn.colorbar(image, ax=axes)
    drawn.savefig(path)


if __name__ == "__main__":
    sys.exit(main())
