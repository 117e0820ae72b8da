"""Every lesson runs top to bottom from a clean kernel, and keeps to the form of the course."""

import importlib
import re
import statistics

import nbformat
import pytest
from lessons import COURSE, read_notebook, run

from nsynth_edu.classroom import questions

LESSONS = sorted(path.name for path in COURSE.glob("*.ipynb"))

# no prose: what is folded, for those who want it; the list of objectives; the break
ASIDE = re.compile(
    r"<details>.*?</details>|\*\*You will be able to\*\*.*|\*A good place for a break.*?\*",
    re.DOTALL,
)


def each(name):
    """A lesson as a parameter: who asks about one lesson shares its run."""
    return pytest.param(name, id=name.removesuffix(".ipynb"), marks=pytest.mark.xdist_group(name))


@pytest.fixture(params=map(each, LESSONS))
def name(request):
    return request.param


@pytest.fixture
def lesson(name):
    return read_notebook(COURSE / name)


def sources(lesson, kind):
    return [cell.source for cell in lesson.cells if cell.cell_type == kind]


def prose(text):
    """What is read of a text cell: no links, no markup."""
    return re.findall(r"\w[\w'’-]*", re.sub(r"<[^>]+>|\]\([^)]*\)", " ", text))


def test_a_lesson_runs_top_to_bottom_from_a_clean_kernel(name):
    lesson = run(name)
    assert lesson.failure is None
    outputs = [out for cell in lesson.cells for out in cell.get("outputs", [])]
    assert [out.text for out in outputs if out.get("name") == "stderr"] == []
    shown = "".join(out.get("data", {}).get("text/html", "") for out in outputs)
    images, players = re.findall(r"<img[^>]*>", shown), re.findall(r"<audio[^>]*>", shown)
    assert images and players
    assert all(re.search(r'alt="[^"]{20,}"', image) for image in images)
    assert all('aria-label="' in player and "autoplay" not in player for player in players)
    assert not re.search(r'(?:src|href)="(?!data:)', shown), "a lesson shows nothing from elsewhere"
    for out in outputs:
        if "application/vnd.jupyter.widget-view+json" in out.get("data", {}):
            assert out.data["text/html"], "a widget has words in its place"


def test_a_lesson_opens_with_its_title_time_and_needs(lesson):
    opening = lesson.cells[0].source
    assert opening.startswith("# ") and "**Time:**" in opening and "**You need:**" in opening
    assert lesson.cells[1].source.count("<details>") == 3, "three questions to recall"


def test_headings_go_down_one_step_at_a_time(lesson):
    text = "\n".join(sources(lesson, "markdown"))
    levels = [len(marks) for marks in re.findall(r"^(#+) ", text, flags=re.MULTILINE)]
    assert levels.count(1) == 1 and levels[0] == 1
    assert all(b - a <= 1 for a, b in zip(levels, levels[1:], strict=False))


def test_cells_are_small(lesson):
    lines = [sum(map(bool, source.splitlines())) for source in sources(lesson, "code")]
    words = [len(prose(ASIDE.sub("", source))) for source in sources(lesson, "markdown")]
    assert 25 <= len(lesson.cells) <= (55 if "Part 2: " in str(lesson.cells) else 45)
    assert statistics.median(lines) <= 5 and max(lines) <= 15
    assert 30 <= statistics.median(words) <= 70 and 1200 <= sum(words) <= 2500


def test_a_lesson_of_more_than_50_minutes_has_two_parts(lesson):
    parts, minutes = re.search(
        r"\*\*Time:\*\* (two parts of )?(?:\d+ to )?(\d+)", lesson.cells[0].source
    ).groups()
    begins = [
        n for n, cell in enumerate(lesson.cells) if re.search("^## Part 2: ", cell.source, re.M)
    ]
    assert int(minutes) <= 50 and len(begins) == bool(parts)
    for begin in begins:
        assert 15 <= begin <= 30 and len(lesson.cells) - begin <= 30
        assert "Run All Above Selected Cell" in lesson.cells[begin].source


def test_the_objectives_come_first_and_each_is_measured(name, lesson):
    number, code = name[:2], "\n".join(sources(lesson, "code"))
    kept = importlib.import_module(questions.lessons()[number]).OBJECTIVES
    told = lesson.cells[0].source.partition("**You will be able to**\n\n")[2]
    assert re.findall("^- (.*)$", told, flags=re.MULTILINE) == list(kept)
    assert 3 <= len(kept) <= 6 and all(kept.values())
    for measured in kept.values():
        for question in measured:
            assert re.search(rf'(predict|check|abx)\("{number}\.{question}"', code), question
    assert f'objectives("{number}")' in code


def test_every_check_measures_an_objective(name):
    kept = importlib.import_module(questions.lessons()[name[:2]])
    measured = {question for names in kept.OBJECTIVES.values() for question in names}
    asked = {*kept.CHECKS, *kept.PREDICTIONS, *getattr(kept, "LISTENING", {})}
    assert asked == measured


def test_a_lesson_asks_before_it_answers(lesson):
    code = "\n".join(sources(lesson, "code"))
    asked = re.findall(r'predict\("([\w.]+)"', code)
    assert len(asked) >= 3
    for key in asked:
        assert code.index(f'predict("{key}"') < code.index(f'reveal("{key}"'), key
    prompts = r"\*\*(?:Predict|Listen for|Look for|Try|Check|Recall)|predict\(|check\("
    asks = [bool(re.search(prompts, cell.source)) for cell in lesson.cells]
    gaps = "".join("x" if ask else "." for ask in asks).split("x")
    assert max(map(len, gaps)) <= 6, "something to do every five to seven cells"


def test_no_answer_is_in_sight_before_it_is_asked_for(lesson):
    """Questions, hints, and figures in words are named, and kept in classroom/lessons."""
    for cell in lesson.cells:
        if cell.cell_type == "code":
            for name, words in re.findall(
                r"\b(predict|reveal|check|hint|abx)\(([^,)]*)", cell.source
            ):
                assert re.fullmatch(r'"\d\d[ab]?\.\w+"', words), (cell.id, name)
            assert not re.search(r"known\s*=|because\s*=|look\s*=", cell.source), cell.id
            for words in re.findall(r"alt=([^,)]*)", cell.source):
                assert re.fullmatch(r'f?"\d\d[ab]?\.\w+"', words), (cell.id, words)


def test_what_is_kept_for_a_lesson_is_used_in_it(name, lesson):
    kept = importlib.import_module(questions.lessons()[name[:2]])
    code = "\n".join(sources(lesson, "code"))
    calls = {"PREDICTIONS": "predict", "CHECKS": "check", "HINTS": "hint", "LISTENING": "abx"}
    for table, call in calls.items():
        used = set(re.findall(call + r'\("\d\d\.(\w+)"', code))
        assert used == set(getattr(kept, table, {})), table
    assert set(re.findall(r'alt="\d\d\.(\w+)"', code)) == set(kept.FIGURES)
    described = re.findall(r'descriptions?="\d\d\.(\w+)"', code)
    assert set(described) == set(getattr(kept, "DESCRIPTIONS", {}))


def test_a_listening_test_that_nobody_took_says_so_and_keeps_its_answer_folded(name, lesson):
    taken = [cell for cell in run(name).cells if cell.source.endswith("test.result()")]
    assert len(taken) == "\n".join(sources(lesson, "code")).count('abx("')
    for cell in taken:
        shown = cell.outputs[-1].data
        assert shown["text/plain"].startswith("Not taken yet: take the test above")
        assert (
            shown["text/html"].count("<details>") == 1 and shown["text/html"].count("<audio") == 2
        )
        assert shown["text/html"].index("<details>") < shown["text/html"].index("<audio")


def test_links_of_a_lesson_lead_somewhere(lesson):
    text = "\n".join(sources(lesson, "markdown"))
    for target, _, anchor in (
        link.partition("#") for link in re.findall(r"\]\((?!https?:)([^)]+)\)", text)
    ):
        path = COURSE / target
        assert path.exists(), target
        if anchor:
            headings = re.findall(r"^#+ (.+)$", path.read_text(), flags=re.MULTILINE)
            assert anchor in [heading.lower().replace(" ", "-") for heading in headings]


def test_the_source_of_a_lesson_is_small(lesson):
    assert len(nbformat.writes(lesson)) < 100_000
