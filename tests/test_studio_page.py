"""The page of an exported instrument: whole in itself, the notebook's player, nobody's name."""

import json
import re
from html.parser import HTMLParser

import numpy as np
import pytest

from nsynth_edu.classroom import MultigridPad, load_plane
from nsynth_edu.page import bundle, static_text
from nsynth_edu.page.instrument_page import write_page
from nsynth_edu.play import read_plane, save_plane
from nsynth_edu.sound import save_audio
from nsynth_edu.studio import Group, Instrument, Job, Plan, Settings, export
from nsynth_edu.studio.export import finished, note_by_note

OWNER = "zoe.q@school"


@pytest.fixture(scope="module")
def made(tmp_path_factory):
    """A finished 2 x 3 multigrid of noise, and where it is exported to."""
    rng = np.random.default_rng(0)
    folder = tmp_path_factory.mktemp("multigrid")
    owners = [OWNER, "the course: church_organ"]
    rows = [[Instrument(f"{r}{c}", f"word{r}{c}", owners[c % 2]) for c in range(3)] for r in (0, 1)]
    settings = Settings(notes=(24, 28), resolution=2, frames=4, model="/home/zoe/best.safetensors")
    group = Group(tuple(map(tuple, rows)), settings)
    Plan((group,)).write(folder / "job")
    job = Job(folder / "job")
    for point in job.points:
        save_audio(job.path(point), rng.uniform(-0.5, 0.5, 4 * 512))
    files = export(job.folder, "multigrid", folder / "out")
    return job, group, folder / "out" / group.id, files


class Page(HTMLParser):
    """The scripts, styles and addresses of a page."""

    def __init__(self, text):
        super().__init__()
        self.inside, self.parts, self.addresses = "", {}, []
        self.feed(text)

    def handle_starttag(self, tag, attributes):
        self.inside = f"{tag} {dict(attributes).get('type', '')}".strip()
        self.addresses += [value for name, value in attributes if name in ("src", "href")]

    def handle_data(self, text):
        self.parts[self.inside] = self.parts.get(self.inside, "") + text


def test_the_folder_is_a_site_and_a_plane_for_the_notebook(made):
    job, group, folder, files = made
    assert {path.name for path in files} == {"index.html", "credits.txt", "plane.json"}
    assert {path.name for path in folder.iterdir()} == {path.name for path in files} | {"sounds"}
    assert len(list((folder / "sounds").iterdir())) == len(job.points) == 12
    plane = load_plane(folder)
    np.testing.assert_allclose(plane["sounds"], finished(job, group)[0], atol=2 / 32767)
    assert MultigridPad(**plane).grid == [2, 3]
    (folder / "sounds" / "028_01_02.flac").rename(folder / "028_01_02.flac")
    with pytest.raises(ValueError, match="not hold a complete line or pad"):
        read_plane(folder)
    (folder / "028_01_02.flac").rename(folder / "sounds" / "028_01_02.flac")


def test_notes_one_by_one_are_the_same_as_all_at_once(made):
    job, group, *_ = made
    sounds, clicks = finished(job, group, 2_000)
    apart, again = note_by_note(job, group, 2_000)
    np.testing.assert_array_equal(np.stack(list(apart)), sounds)
    assert clicks == again and np.abs(sounds).max() == pytest.approx(0.9, abs=1e-3)


def test_the_page_holds_the_players_own_code_and_asks_for_no_other_file(made):
    page = Page((made[2] / "index.html").read_text())
    script = page.parts["script module"]
    assert bundle("page.js") in script and "soundPlane" in script
    assert static_text("plane.css") in page.parts["style"]
    assert page.addresses == ["data:,"]
    assert re.findall(r"\bimport\b|https?:", script + page.parts["style"]) == []
    assert json.loads(page.parts["script application/json"])["instruments"][1] == [
        "word10", "word11", "word12",
    ]  # fmt: skip


def test_no_student_and_no_folder_is_named(made):
    for path in made[2].glob("*.*"):
        text = path.read_text()
        assert "zoe" not in text and "/home" not in text
    credits = (made[2] / "credits.txt").read_text().splitlines()
    assert credits[:-1] == [
        "word00, word02, word10, word12: recorded by students of this group.",
        "word01, word11: the course's own, from a SoundFont.",
    ]
    assert "sung by the model best" in credits[-1] and "12 sounds" in credits[-1]
    assert "(temperature as recommended, seed 0)" in credits[-1]


def test_names_are_text_on_the_page_whatever_they_say(tmp_path):
    names = ["</script><b>a", "b & c", '"d"', "e"]
    sounds = np.zeros((1, 2, 2, 100), np.float32)
    rows = [names[:2], names[2:]]
    save_plane(tmp_path, sounds, [60], names, one_file_per_point=True, instruments=rows)
    write_page(tmp_path, [f"{names[0]}: a student."])
    page = Page((tmp_path / "index.html").read_text())
    assert json.loads(page.parts["script application/json"])["corners"] == names
    assert "".join(page.parts["title"]).startswith("</script><b>a, b & c")
    assert "</script><b>a: a student." in page.parts["li"]
    assert "b" not in page.parts
