"""A learner's own small NSynth: the file with its gaps, a solution, and what the check says."""

import ast
import importlib.util
import re

import numpy as np
import pytest
import torch
from lessons import COURSE, read_notebook
from problem_set import EXERCISES

from nsynth_edu.classroom import check_my_nsynth
from nsynth_edu.evaluation.my_nsynth_tasks import small_model, tasks
from nsynth_edu.generation import reference
from nsynth_edu.models import NSynthConfig, WaveNetAutoencoder, mean_surprise
from nsynth_edu.sound import mu_law_encode
from nsynth_edu.studio.course_folder import copy_course

FRAME = COURSE / "my_nsynth.py"
SOLUTION = EXERCISES / "instructor" / "my_nsynth.py"
SOLVED = SOLUTION.read_text()
ASKED = tasks(small_model())
NAMES = list(ASKED)


def functions(path):
    tree = ast.parse(path.read_text())
    return {node.name: node for node in tree.body if isinstance(node, ast.FunctionDef)}


def lines(path):
    """What the check says: {function: sentence}, the first line under "My NSynth"."""
    return dict(line.split(": ", 1) for line in str(check_my_nsynth(path)).splitlines())


@pytest.fixture
def said(tmp_path):
    """`said((old, new), ...)` solves the file, puts mistakes into it, and checks it."""

    def said(*mistakes):
        source = SOLVED
        for right, wrong in mistakes:
            assert source.count(right) == 1, right
            source = source.replace(right, wrong)
        path = tmp_path / "my_nsynth.py"
        path.write_text(source)
        return lines(path)

    return said


# --- the file -----------------------------------------------------------------------------------


def test_the_file_is_the_solution_with_a_gap_for_each_lesson():
    gaps, solved = functions(FRAME), functions(SOLUTION)
    assert list(gaps) == list(solved) and list(gaps)[: len(NAMES)] == NAMES
    for name, lesson in ((name, task.lesson) for name, task in ASKED.items()):
        assert ast.dump(gaps[name].args) == ast.dump(solved[name].args), name
        assert ast.get_docstring(gaps[name]) == ast.get_docstring(solved[name]), name
        gap = f"raise NotImplementedError('not yet: lesson {lesson} builds it')"
        assert [ast.unparse(line) for line in gaps[name].body[1:]] == [gap], name
        assert f"# lesson {lesson}: " in FRAME.read_text().split(f"\ndef {name}(")[0][-90:], name
    for name in gaps.keys() - set(NAMES):
        assert ast.dump(gaps[name]) == ast.dump(solved[name]), name


def test_the_solution_is_about_a_hundred_lines_of_plain_pytorch():
    tree = ast.parse(SOLVED)
    imported = [node for node in tree.body if isinstance(node, ast.Import | ast.ImportFrom)]
    found = {getattr(node, "module", None) or node.names[0].name for node in imported}
    assert found == {"math", "collections", "torch", "torch.nn.functional"}
    bodies = "\n".join(ast.unparse(node.body[1:]) for node in functions(SOLUTION).values())
    assert 80 <= len(bodies.splitlines()) <= 120


def test_every_lesson_that_builds_a_part_points_to_the_file():
    for lesson in {task.lesson for task in ASKED.values()}:
        [path] = COURSE.glob(f"{lesson}_*.ipynb")
        [turn] = [c.source for c in read_notebook(path).cells if "## Your turn" in c.source]
        [pointed] = [part for part in turn.split("\n\n") if f"({FRAME.name})" in part]
        for name, task in ASKED.items():
            assert task.lesson != lesson or f"`{name}`" in pointed, name


def test_a_learners_copy_comes_with_the_course_and_keeps_what_was_written(tmp_path):
    package, mine = tmp_path / "package", tmp_path / "mine"
    for name in ("00_hear_it_first.ipynb", "my_nsynth.py", "__pycache__/my_nsynth.cpython-311.pyc"):
        (package / "course" / name).parent.mkdir(parents=True, exist_ok=True)
        (package / "course" / name).write_text(FRAME.read_text() if name == FRAME.name else "")
    copy_course(mine, "1", package)
    assert sorted(path.name for path in (mine / "course").iterdir()) == [
        "00_hear_it_first.ipynb",
        "my_nsynth.py",
    ]
    (mine / "course" / "my_nsynth.py").write_text(SOLVED)
    (package / "course" / "my_nsynth.py").write_text("# a newer one\n")
    [aside] = copy_course(mine, "2", package)
    assert (mine / "course" / "my_nsynth.py").read_text() == SOLVED
    assert aside.name == "my_nsynth (version 2).py"


# --- parity ---------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def my():
    spec = importlib.util.spec_from_file_location("my_nsynth", SOLUTION)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.fixture(scope="module")
def model():
    """The published architecture with other sizes than the check has, and two cycles of 4."""
    torch.manual_seed(3)
    config = NSynthConfig(
        hop_length=64, bottleneck_channels=5, encoder_channels=12, encoder_layers=6, layers=8,
        cycle=4, residual_channels=10, skip_channels=9,
    )  # fmt: skip
    model = WaveNetAutoencoder(config).requires_grad_(False)
    torch.nn.init.normal_(model.decoder.logits.weight)
    return model


@pytest.fixture(scope="module")
def shared(my, model):
    return my.weights_from(model.state_dict(), model.config.cycle)


@pytest.fixture(scope="module")
def wave():
    return (0.4 * torch.randn(2, 4 * 64, generator=torch.Generator().manual_seed(4))).clamp(-1, 1)


def test_it_encodes_as_the_library_does(my, model, shared, wave):
    z = my.encode(wave, shared[0], hop=64)
    assert z.shape == (2, 5, 4)
    torch.testing.assert_close(z.transpose(1, 2), model.encode(wave), atol=1e-5, rtol=1e-4)


def test_its_logits_and_loss_are_the_librarys(my, model, shared, wave):
    z, classes = model.encode(wave), mu_law_encode(wave)
    found = my.logits(classes, z.transpose(1, 2), shared[1])
    torch.testing.assert_close(found, model.logits(wave, z), atol=1e-4, rtol=1e-4)
    bits = mean_surprise(lambda signal: model.decoder(signal, z.transpose(1, 2)), classes)
    assert my.loss(found, classes).item() == pytest.approx(bits, abs=1e-4)


@pytest.mark.parametrize("temperature", [0, 1])
def test_it_generates_the_same_classes(my, model, shared, wave, temperature):
    z = model.encode(wave)
    uniforms = torch.rand(2, 4 * 64, generator=torch.Generator().manual_seed(5))
    given = model.conditioning(z)
    right = mu_law_encode(reference.run(model.decoder, given, uniforms, temperature))
    drawn = uniforms if temperature else None
    found = my.generate(z.transpose(1, 2), shared[1], drawn, hop=64)
    assert torch.equal(found, right) and len(found.unique()) > (20 if temperature else 1)
    np.testing.assert_array_equal(my.mu_law_decode(torch.tensor([128])), [0])


# --- what the check says --------------------------------------------------------------------------


def test_the_solution_agrees_in_everything(said):
    found = said()
    top = found.pop("My NSynth")
    assert top == f"{len(NAMES)} of {len(NAMES)} functions agree with the course's network."
    assert set(found.values()) == {"agrees."} and check_my_nsynth(SOLUTION)


def test_a_file_with_nothing_in_it_says_not_yet_for_each(tmp_path):
    found = lines(FRAME)
    assert not check_my_nsynth(FRAME)
    assert found.pop("My NSynth").startswith("0 of 12")
    assert list(found) == NAMES
    assert all(re.fullmatch(r"not yet: lesson \d\d builds it\.", line) for line in found.values())


MISTAKES = {
    "a tap reads the future": (
        ("left = zeros if causal else zeros // 2", "left = zeros // 2"),
        "convolution", "zeros on both sides: a causal tap reads the future.",
    ),
    "gate and filter exchanged": (
        ("torch.sigmoid(opened) * torch.tanh(wave)", "torch.tanh(opened) * torch.sigmoid(wave)"),
        "gate", "the halves have changed places.",
    ),
    "skip after the sum": (
        (
            'return x + convolution(y, *part["residual"]), convolution(y, *part["skip"])',
            'x = x + convolution(y, *part["residual"])\n'
            '    return x, convolution(x, *part["skip"])',
        ),
        "layer", "skip is taken after the sum, not from what passed the gate.",
    ),
    "not late": (
        ('F.pad(signal, (1, -1))', "signal"),
        "logits", "the signal is not late: sample t is predicted from itself.",
    ),
    "a queue one step early": (
        (
            "    queue.append(x)\n    y = bias\n    for tap in range(weight.shape[-1]):\n"
            "        y = y + queue[tap * dilation] @ weight[..., tap].T\n    queue.popleft()\n",
            "    y = bias + x @ weight[..., -1].T\n    queue.append(x)\n    queue.popleft()\n"
            "    for tap in range(weight.shape[-1] - 1):\n"
            "        y = y + queue[tap * dilation] @ weight[..., tap].T\n",
        ),
        "convolution_step", "the queue is one step early: x enters it before the oldest is read.",
    ),
    "classes fed back": (
        ("sample = (chosen[:, None] - 128) / 128", "sample = chosen[:, None].float()"),
        "generate", "classes are fed back; the network reads (q - 128) / 128.",
    ),
    "nats": (
        ("F.cross_entropy(logits, classes) / math.log(2)", "F.cross_entropy(logits, classes)"),
        "loss", "in nats: divide by the logarithm of 2.",
    ),
    "rounded": (
        ("torch.floor(128 * curve)", "torch.round(128 * curve)"),
        "mu_law_encode", "rounded to the nearest step; the course takes the floor.",
    ),
    "the largest": (
        (".unflatten(-1, (-1, hop)).mean(-1)", ".unflatten(-1, (-1, hop)).amax(-1)"),
        "encode", "the maximum of each frame; its mean was asked for.",
    ),
}  # fmt: skip


@pytest.mark.parametrize("mistake", MISTAKES)
def test_a_typical_mistake_is_named_with_the_first_place_that_differs(said, mistake):
    change, name, words = MISTAKES[mistake]
    found = said(change)
    assert words in found[name]
    assert re.match(
        r"(result 1 )?(result 2 )?is \S+( at \[[\d, ]+\])?; expected \S+\.", found[name]
    )
    before = NAMES[: NAMES.index(name)]
    assert all(found[each] == "agrees." for each in before), found


def test_a_function_that_calls_a_wrong_one_sends_there(said):
    found = said(("left = zeros if causal else zeros // 2", "left = 0"))
    assert found["layer"].endswith("It calls `convolution`, which does not agree yet: begin there.")
    assert found["stack"].endswith("It calls `layer`, which does not agree yet: begin there.")


def test_a_function_that_calls_a_gap_waits_for_it(said):
    found = said(("opened, wave = y.chunk(2, dim=1)", "raise NotImplementedError"))
    assert found["gate"] == "not yet: lesson 05 builds it."
    assert found["layer"] == found["step"] == "waits for `gate`."
    assert found["encode"] == "agrees."


UNLIKE = {
    "encode": (
        ("z.unflatten(-1, (-1, hop)).mean(-1)", "z"),
        "has the shape (2, 4, 48); expected (2, 4, 3).",
    ),
    "generate": (
        ("    return torch.stack(classes, dim=1)", "    return classes"),
        "result 1 gives a list; expected a tensor of shape (2, 48).",
    ),
    "loss": (
        ("return F.cross_entropy(logits, classes) / math.log(2)", "return ..."),
        "not yet: lesson 03 builds it.",
    ),
    "mu_law_encode": (
        ("curve = waveform.sign()", "curve = wavefrom.sign()"),
        "stops: NameError: name 'wavefrom' is not defined (line ",
    ),
    "gate": (("def gate(y)", "def gated(y)"), "is not in the file; expected `def gate(...)`"),
}


@pytest.mark.parametrize("name", UNLIKE)
def test_what_cannot_be_compared_is_said_in_a_sentence(said, name):
    change, words = UNLIKE[name]
    assert said(change)[name].startswith(words)


@pytest.mark.parametrize(
    ("source", "words"),
    [
        (None, "there is no "),
        ("def gate(y:\n", "my_nsynth.py cannot be read: "),
        (
            "import nothing_of_this_name\n",
            "my_nsynth.py stops when it is read: ModuleNotFoundError",
        ),
    ],
)
def test_a_file_that_cannot_be_read_is_one_sentence(tmp_path, source, words):
    path = tmp_path / "my_nsynth.py"
    if source is not None:
        path.write_text(source)
    found = check_my_nsynth(path)
    assert not found and str(found).startswith(f"My NSynth: {words}")
    assert len(str(found).splitlines()) == 1
