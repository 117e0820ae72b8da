"""Bundled modules, run by a real Chromium."""

import numpy as np
import pytest

from nsynth_edu.classroom.colors import phase_colors
from nsynth_edu.page import bundle, widget
from nsynth_edu.page.bundle import STATIC

WIDGETS = sorted(
    path.name
    for path in STATIC.glob("*.js")
    if path.name != "plane.js" and "\nexport function render(" in path.read_text(encoding="utf-8")
)


@pytest.fixture
def run(browser):
    """`run(module, question)` imports a script and evaluates JavaScript about it, `it`."""
    page = browser.new_page()

    def run(script, question):
        return page.evaluate(
            """async ([script, question]) => {
                const it = await import(`data:text/javascript,${encodeURIComponent(script)}`);
                return await new Function("it", `return ${question}`)(it);
            }""",
            [script, question],
        )

    yield run
    page.close()


@pytest.fixture
def joined(tmp_path):
    """`joined(entry, name=text, ...)` bundles modules; `found` is what the entry keeps."""

    def joined(entry, **modules):
        for name, text in {"entry": entry, **modules}.items():
            (tmp_path / f"{name}.js").write_text(text, encoding="utf-8")
        return bundle("entry.js", tmp_path) + "\nexport { found };\n"

    return joined


def test_modules_run_as_if_they_imported_each_other(joined, run):
    script = joined(
        'import { left as l } from "./left.js";\nimport { right } from "./right.js";\n'
        'import { two } from "./deep.js";\n\nconst hidden = 100;\n'
        "const found = [l(), await right(), two, hidden];\n",
        deep="const hidden = 2;\nexport const two = hidden;\nexport class Box {}\n",
        left='import { two } from "./deep.js";\n\nconst hidden = 10;\n'
        "export function left() { return two + hidden; }\n",
        right='import {\n  Box, two as deux,\n} from "./deep.js";\n\n'
        "export async function right() { return [deux, new Box() instanceof Box]; }\n",
    )
    assert run(script, "it.found") == [12, [2, True], 2, 100]


def test_a_module_that_others_share_runs_once(joined, run):
    script = joined(
        'import { a } from "./a.js";\nimport { b } from "./b.js";\n'
        'import { calls } from "./shared.js";\n\nconst found = [calls, a, b];\n',
        shared="export const calls = [];\ncalls.push(1);\n",
        a='import { calls } from "./shared.js";\n\nexport const a = calls.push(2);\n',
        b='import { calls } from "./shared.js";\n\nexport const b = calls.push(3);\n',
    )
    assert run(script, "it.found") == [[1, 2, 3], 2, 3]


def test_all_widgets_are_found():
    assert {"instrument.js", "live.js", "predict.js", "recorder.js", "clock.js"} <= set(WIDGETS)


@pytest.mark.parametrize("name", WIDGETS)
def test_a_widget_is_a_module_that_renders(name, run):
    assert run(widget(name), "typeof it.default.render") == "function"


def test_samples_go_to_floats_and_back_unchanged_and_clip_at_full_scale(run):
    script = bundle("pcm.js") + "\nexport { toFloats, toPcm };\n"
    every = np.arange(-32768, 32768)
    again = f"[...it.toPcm(it.toFloats(Int16Array.from({every.tolist()})))]"
    np.testing.assert_array_equal(run(script, again), every)
    assert run(script, "[...it.toPcm([1, -1, 2, -2, 0.5])]") == [
        32767,
        -32768,
        32767,
        -32768,
        16384,
    ]
    assert run(script, "[...it.toFloats(Int16Array.of(-32768, 16384))]") == [-1, 0.5]


def test_phase_colours_are_those_of_the_figures(run):
    turns = np.linspace(-1, 1, 25)
    angles = (np.pi * turns).tolist()
    colors = run(
        bundle("colors.js") + "\nexport { phaseColor };\n", f"{angles}.map((a) => it.phaseColor(a))"
    )
    np.testing.assert_allclose(colors, 255 * phase_colors(turns), atol=1e-6)
