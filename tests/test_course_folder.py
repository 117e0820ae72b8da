"""A learner's copy of the course: complete, up to date, and never at the cost of the work in it."""

import pytest

from nsynth_edu.studio.course_folder import FIRST_LESSON, copy_course

SOUND = "media/notes/a.wav"
LESSON = f"course/{FIRST_LESSON}"


@pytest.fixture
def release(tmp_path):
    """`release(lesson)` writes what a version of the package carries."""

    def release(lesson, sound="sound"):
        for name, text in [(LESSON, lesson), (SOUND, sound)]:
            path = tmp_path / "package" / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text)
        return tmp_path / "package"

    return release


def files(folder):
    return {
        path.relative_to(folder).as_posix(): path.read_text()
        for path in folder.rglob("*")
        if path.is_file() and path.name != ".nsynth-edu.json"
    }


def test_a_new_folder_gets_all_files(release, tmp_path):
    assert copy_course(tmp_path / "mine", "1", release("one")) == []
    assert files(tmp_path / "mine") == {LESSON: "one", SOUND: "sound"}


def test_a_learners_work_is_left_alone_and_what_is_missing_comes_back(release, tmp_path):
    source, mine = release("one"), tmp_path / "mine"
    copy_course(mine, "1", source)
    (mine / LESSON).write_text("my answers")
    (mine / "course" / "notes.md").write_text("my notes")
    (mine / SOUND).unlink()
    assert copy_course(mine, "1", source) == []
    expected = {LESSON: "my answers", "course/notes.md": "my notes", SOUND: "sound"}
    assert files(mine) == expected


def test_a_newer_version_replaces_what_nobody_touched_and_is_put_next_to_what_was(
    release, tmp_path
):
    mine = tmp_path / "mine"
    copy_course(mine, "1", release("one"))
    (mine / LESSON).write_text("my answers")
    [aside] = copy_course(mine, "2", release("two", sound="better sound"))
    assert aside.name == "00_hear_it_first (version 2).ipynb" and aside.read_text() == "two"
    assert files(mine)[LESSON] == "my answers" and files(mine)[SOUND] == "better sound"
    assert copy_course(mine, "2", release("two", sound="better sound")) == [], "said once"


def test_a_folder_that_holds_other_files_of_these_names_loses_none(release, tmp_path):
    mine = tmp_path / "mine"
    (mine / "course").mkdir(parents=True)
    (mine / LESSON).write_text("not ours")
    [aside] = copy_course(mine, "1", release("one"))
    assert (mine / LESSON).read_text() == "not ours" and aside.read_text() == "one"


def test_an_installation_without_the_courses_files_says_so(tmp_path):
    with pytest.raises(ValueError, match="install the released package"):
        copy_course(tmp_path / "mine", "1", tmp_path)
    assert not (tmp_path / "mine").exists()
