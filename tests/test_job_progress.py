"""The view of a group job counts what is there, whoever made it, and ends with the work."""

import threading
from dataclasses import replace

import pytest
from group_job import planned
from page import threads
from waiting import until

from nsynth_edu.classroom import JobProgress, job_progress
from nsynth_edu.studio import NOTES, Settings, StudioError, Worker, submit, wait

OFTEN = 0.05  # s between two looks


@pytest.fixture
def job(tmp_path, tiny):
    """A planned job of one group: 3 x 3 points of an eighth of a second, one note."""
    return planned(tmp_path, Settings(model=tiny, resolution=3, frames=4, notes=NOTES[:1]))


@pytest.fixture
def watch():
    """`watch(folder)` gives a view that is closed in the end."""
    views = []

    def watch(folder, every=OFTEN):
        views.append(JobProgress(folder, every))
        return views[-1]

    yield watch
    for view in views:
        view.close()


def test_it_follows_a_job_to_its_end_and_looks_no_more(job, watch):
    view, seen = watch(job.folder), []
    view.observe(lambda change: seen.append(change.new.made), "now")
    assert "0 of 9 points made" in repr(view.in_words()) and not view.ended
    assert wait(job.folder, submit(job.folder, workers=1)).missing == 0
    until(lambda: view.ended)
    until(lambda: not threads("job progress"))
    assert seen == sorted(seen) and seen[-1] == 9
    shown, cancel = view.children
    assert cancel.disabled and 'value="9"' in shown.value


def test_a_new_view_goes_on_where_the_files_are(job, watch):
    watch(job.folder).close()
    Worker(job.folder, 0, 2)()
    assert watch(job.folder).now.made == 5
    Worker(job.folder)()
    later = watch(job.folder)
    assert later.ended and later.now.missing == 0


def test_closing_ends_the_thread(job, watch):
    view = watch(job.folder, every=600)
    assert len(threads("job progress")) == 1
    view.close()
    assert not threads("job progress") and view.ended


def test_cancel_stops_the_workers_and_says_so(job, watch):
    view = watch(job.folder)
    shown, cancel = view.children
    cancel.click()
    assert job.stop.exists() and cancel.disabled
    assert "submit(folder) makes what is missing" in shown.value
    assert Worker(job.folder)() == 0, "asked to stop"
    wait(job.folder, submit(job.folder, workers=1))
    until(lambda: view.ended)
    assert view.now.missing == 0, "it goes on"


def test_a_point_that_cannot_be_made_gives_its_reason(job, watch):
    instrument = job.plan.groups[0].instruments[1]
    (job.folder / "instruments" / instrument.id / f"{NOTES[0]}.wav").unlink()
    Worker(job.folder)()
    view = watch(job.folder)
    said = repr(view.in_words())
    assert "9 could not be made" in said and said.count("is missing; run `group plan`") == 3
    assert "... and 6 more." in said and not view.ended
    assert view.children[0].value.count("<li>") == 5, "three reasons, their rest, and what to do"


def test_workers_that_never_come_are_not_promised_for_ever(job, watch, monkeypatch):
    view = watch(job.folder)
    assert "Workers are starting." in view.children[0].value
    monkeypatch.setattr(job_progress, "STARTING", 0)
    until(lambda: "If none works elsewhere" in view.children[0].value)
    assert "no worker is running on this machine" in view.children[0].value


def test_a_folder_that_goes_away_ends_it_in_a_sentence(job, watch):
    view = watch(job.folder)
    (job.folder / "plan.json").rename(job.folder / "elsewhere.json")
    until(lambda: view.ended)
    assert "holds no plan.json" in view.children[0].value
    view.cancel()
    with pytest.raises(StudioError, match="holds no plan"):
        JobProgress(job.folder)


def test_many_hands_may_look_at_once(job, watch):
    view = watch(job.folder, every=0.001)
    hands = [threading.Thread(target=lambda: [view.look() for _ in range(20)]) for _ in range(4)]
    for hand in hands:
        hand.start()
    Worker(job.folder)()
    for hand in hands:
        hand.join()
    until(lambda: view.ended)
    assert 'value="9"' in view.children[0].value and view.now == replace(view.now, made=9)


def test_without_widgets_it_says_the_same_in_words(job, watch):
    bundle = watch(job.folder, every=600)._repr_mimebundle_()[0]
    assert '<progress aria-label="points made" max="9" value="0">' in bundle["text/html"]
    assert "0 of 9 points made" in bundle["text/plain"]
