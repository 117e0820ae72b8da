"""The bundler: many ES modules become one script that a browser runs."""

import re

import pytest

from nsynth_edu.page import BundleError, Html, bundle, players_table, widget
from nsynth_edu.page.bundle import STATIC


@pytest.fixture
def folder(tmp_path):
    """`folder(name="text", ...)` writes modules `name.js` and gives their folder."""

    def folder(**modules):
        for name, text in modules.items():
            (tmp_path / f"{name}.js").write_text(text, encoding="utf-8")
        return tmp_path

    return folder


def test_a_module_that_two_others_need_is_there_once_before_both(folder):
    where = folder(
        shared="export const calls = [];\n",
        a='import { calls } from "./shared.js";\n\nexport const a = calls.push(2);\n',
        b='import { calls } from "./shared.js";\n\nexport const b = calls.push(3);\n',
        entry='import { a } from "./a.js";\nimport { b } from "./b.js";\n\na(b);\n',
    )
    script = bundle("entry.js", where)
    places = [script.index(text) for text in ("calls = []", "push(2)", "push(3)", "a(b)")]
    assert script.count("calls = []") == 1 and places == sorted(places)
    assert script == bundle("entry.js", where), "the same each time"


def test_a_missing_module_is_named_with_its_importer(folder):
    where = folder(entry='import { a } from "./a.js";\n', a='import { b } from "./b.js";\n'
                   "export const a = b;\n")  # fmt: skip
    with pytest.raises(BundleError, match=r"b\.js, imported by a\.js, is not a module"):
        bundle("entry.js", where)
    with pytest.raises(BundleError, match=r"other\.js is not a module"):
        bundle("other.js", where)


def test_a_name_that_is_not_exported_is_an_error(folder):
    where = folder(entry='import { b } from "./a.js";\n', a="export const a = 1;\nconst b = 2;\n")
    with pytest.raises(BundleError, match=r"entry\.js imports b, which a\.js does not export"):
        bundle("entry.js", where)


def test_modules_in_a_circle_are_named(folder):
    where = folder(
        entry='import { a } from "./a.js";\n',
        a='import { b } from "./b.js";\n\nexport const a = b;\n',
        b='import { a } from "./a.js";\n\nexport const b = a;\n',
    )
    with pytest.raises(BundleError, match=r"a\.js <- b\.js <- a\.js|b\.js <- a\.js <- b\.js"):
        bundle("entry.js", where)


@pytest.mark.parametrize(
    "line",
    [
        "export default { a };",
        "export let a = 1;",
        "export { a };",
        'import a from "./a.js";',
        'import "./a.js";',
        'import { a } from "package";',
    ],
)
def test_syntax_that_would_be_bundled_wrongly_is_an_error(folder, line):
    with pytest.raises(BundleError, match=r"entry\.js has the line"):
        bundle("entry.js", folder(entry=f"const a = 1;\n{line}\n", a="export const a = 1;\n"))


@pytest.mark.parametrize("name", ["instrument.js", "live.js", "quantiser.js"])
def test_a_widget_imports_nothing_and_exports_itself(name):
    script = widget(name)
    assert re.findall(r"^[ \t]*import\b", script, re.M) == []
    assert re.findall(r"^[ \t]*export\b.*", script, re.M) == ["export default { render };"]


def test_every_module_is_part_of_a_widget_or_of_a_page():
    texts = {path.name: path.read_text(encoding="utf-8") for path in STATIC.glob("*.js")}
    widgets = [name for name, text in texts.items() if "\nexport function render(" in text]
    pages = ["page.js", "listening_page.js", "live_page.js", "live_worker.js"]
    joined = "".join([*map(bundle, pages), *map(widget, widgets)])
    unused = [name for name, text in texts.items() if text.splitlines()[0] not in joined]
    assert unused == []


def test_modules_are_short():
    lengths = {p.name: len(p.read_text(encoding="utf-8").splitlines()) for p in STATIC.glob("*.js")}
    assert max(lengths.values()) < 300, lengths


def test_a_table_has_escaped_cells_and_players_as_they_are():
    player = Html("<audio></audio>")
    table = players_table(["name", "a < b"], [["x & y", "`z`", player]], "1 < 2")
    assert '<th scope="col">a &lt; b</th>' in table and "<caption>1 &lt; 2</caption>" in table
    assert (
        f'<tr><th scope="row">x &amp; y</th><td><code>z</code></td><td>{player}</td></tr>' in table
    )
    bare = players_table([], [["a", "b"]], "")
    assert "<thead>" not in bare and "<tr><td>a</td><td>b</td></tr>" in bare
