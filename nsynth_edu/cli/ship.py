"""ship: a finished run becomes a model of the package, with its card, figure and sounds."""

import re
import shutil
from pathlib import Path

from nsynth_edu import evaluation, models, sound, studio
from nsynth_edu.cli.console import check_output, progress, say

SEEDS = (0, 1, 2)
SECONDS = 2.0  # of each note, scored and drawn
COURSE_MODEL = "pocket"  # the course's sounds are its work


def ship(arguments):
    """Score a run's weights against those shipped before, and put all their files in place."""
    root, folder = destination(arguments.to)
    run = evaluation.finished_run(arguments.folder)
    release = evaluation.next_release(arguments.name, run, root / folder)
    notes = notes_of(arguments, run)
    note = Path(arguments.note).read_text(encoding="utf-8") if arguments.note else ""
    with_course = release.name == COURSE_MODEL
    new = evaluation.begin(root)
    try:
        course = course_notes(notes, new.parent / "notes") if with_course else None
        hold_level(run, notes)
        scores, before = both_scores(run, release, notes, arguments.count)
        if before and not arguments.force:
            refuse_worse(release, scores, before)
        (new / folder).mkdir(parents=True, exist_ok=True)
        evaluation.stage_weights(release, run, new / folder)
        write_card(release, run, scores, before, notes, note, new / folder)
        if with_course:
            render_course(run.model, course, root, new)
        changed = evaluation.publish(root)
    finally:
        evaluation.discard(root)
    for path in changed:
        print(path)
    remind(release.name, root)


def destination(to):
    """Where files go: a root folder, and the models' folder below it.

    Args:
        to: a folder named by the user, or None for this checkout.

    Raises:
        ValueError: if this is an installed package and no folder is named.
    """
    from nsynth_edu.models.checkpoint import SHIPPED

    if to is not None:
        check_output(to, folder=True)
        Path(to).mkdir(exist_ok=True)
        return Path(to), Path()
    root = SHIPPED.parents[2]
    if not (root / "pyproject.toml").is_file():
        raise ValueError(
            "this nsynth-edu is installed and not a checkout of its repository; "
            "name a folder for the model with --to."
        )
    return root, SHIPPED.relative_to(root)


def folders_of(run):
    """The folders of notes that a run was trained on, as its settings name them."""
    folders = models.model_metadata(run.folder / "model.safetensors")["training"]["notes"]
    return [folders] if isinstance(folders, str) else folders


def notes_of(arguments, run):
    """The folder of notes to score on: as named, or the one the run was trained on."""
    trained_on = folders_of(run)
    if arguments.notes is None and len(trained_on) > 1:
        raise ValueError(f"{run.folder} was trained on several folders; name one with --notes.")
    folder = arguments.notes or trained_on[0]
    evaluation.read_examples(folder)  # what is wrong with them is reported before the long work
    return folder


def hold_level(run, notes):
    """Give the run's model a level map, fitted on notes it was trained on, where it has none.

    They are all those of the run whose folders are still there, or else the ones to score on.
    """
    if evaluation.lacks_level_map(run.model):
        say("fitting the level that z asks for ...")
        folders = [folder for folder in folders_of(run) if Path(folder).is_dir()] or [notes]
        everything = [note for each in folders for note in sound.read_notes(each, subset=True)]
        trained_on = evaluation.split_as_trained(everything, run.learnt)["train"]
        evaluation.fit_level(run.model, trained_on or everything)


def both_scores(run, release, notes, count):
    """Scores of the new weights and of the earlier ones (None without), on the same notes."""
    both = (
        [run.model] if release.earlier is None else [run.model, models.load_model(release.earlier)]
    )
    found = []
    for model in both:
        with progress("parts") as report:
            found.append(
                evaluation.evaluate(
                    model, notes, run.learnt, count, SECONDS, seeds=SEEDS, progress=report
                )
            )
    return found[0], found[1] if len(found) > 1 else None


def refuse_worse(release, scores, before):
    """Raise ValueError where a score got worse beyond the spread over seeds."""
    if found := evaluation.worse(scores, before):
        raise ValueError(
            f"{release.title} would be worse than {release.earlier_title} in {len(found)} scores "
            f"({'; '.join(found)}); train it longer, or ship it with --force."
        )


def write_card(release, run, scores, before, notes, note, folder):
    """Draw the figure and write the card next to the staged weights."""
    from nsynth_edu.sound.files import write_text

    everything, precision = evaluation.read_examples(notes), None
    if isinstance(run.model, models.WaveNetAutoencoder):
        say("comparing weights of fewer bytes ...")
        count = scores["settings"]["count"]
        precision = evaluation.compare_weights(run.model, everything, count)
    alt = None
    if not isinstance(run.model, models.PitchQualityJudge | models.Mel2Mel):  # make no copies
        alt = draw(release, run, notes, folder / f"{release.name}.png")
    text = evaluation.card(
        release, run, scores, before, everything, alt=alt, precision=precision, note=note
    )
    write_text(folder / f"{release.name}.md", text)


def draw(release, run, notes, path):
    """Draw rainbowgrams of one note and its copies by the earlier and the new weights.

    Returns:
        the text that replaces the picture.
    """
    from nsynth_edu.classroom import plot_rainbowgram
    from nsynth_edu.sound.files import atomic_write

    parts, _ = evaluation.scored_notes(notes, run.learnt, 1)
    part, (note,) = list(parts.items())[-1]  # the part that is hardest
    both = {release.title: run.model}
    if release.earlier:
        both = {release.earlier_title: models.load_model(release.earlier)} | both
    original, copies = evaluation.copies(both, note, SECONDS)
    figure = plot_rainbowgram({"original": original} | copies)
    with atomic_write(path) as place:
        figure.savefig(place, format="png", dpi=150)
    distances = " and ".join(
        f"{sound.multi_scale_spectral_distance(copy, original):.2f} for {title}"
        for title, copy in copies.items()
    )
    return (
        f"Rainbowgrams of {note.note_str} ({evaluation.PARTS[part]}) and of its decoded copies: "
        f"the spectral distance to the original is {distances}."
    )


def course_notes(notes, folder):
    """A folder with the notes of the course: the given one, or one rendered where it lacks some."""
    try:
        studio.course_notes(notes)
        return notes
    except studio.StudioError as problem:
        from nsynth_edu.cli.notes import installed_soundfont
        from nsynth_edu.studio import course_sounds as course

        say(f"{problem} They are rendered now.")
        # all keys: one gain per instrument, by its loudest note
        names = sorted({*course.CORNERS, *course.ENDS})
        sound.render_notes(installed_soundfont(), folder, names)
        return folder


def render_course(model, notes, root, new):
    """Make the course's sounds again, next to the staged weights; others keep their credits."""
    if (root / "media").is_dir():
        shutil.copytree(root / "media", new / "media")
    with progress("frames") as report:
        studio.render_course_sounds(model, notes, new / "media", temperature=None, progress=report)


def remind(name, root):
    """Say which files speak of the model, in a checkout, and have to be read again."""
    if not (root / "pyproject.toml").is_file():
        return
    texts = [root / "README.md", *sorted(root.glob("course/*.ipynb"))]
    texts += sorted(root.glob("tests/test_lesson_numbers_*.py"))
    texts += sorted(root.glob("nsynth_edu/models/configs/*.toml"))
    named = [
        path.relative_to(root).as_posix()
        for path in texts
        if re.search(rf"\b{name}\b", path.read_text(encoding="utf-8"))
    ]
    say(f"these speak of {name}; read them again: {', '.join(named)}.")
    say("then run `make test`: numbers in lessons and the README are compared with the new sounds.")
