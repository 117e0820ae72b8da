"""A hand-in that tries to run its own code, or to send requests, on the grader's pages.

Each attack has a number. What it runs writes `/ran-NUMBER-/` to the browser's console, and what it
requests is `/witness/NUMBER`: both are seen of every page and every frame in it. One of them gives
itself points in the gradebook.
"""

import base64
import io
import json
import re

from nbformat.v4 import new_code_cell, new_markdown_cell, new_raw_cell
from PIL import Image

SIGN = re.compile(r"/ran-(\d+)-/|https?://[^/]+/witness/(\d+).*")


def png():
    """A small picture, in base64."""
    file = io.BytesIO()
    Image.new("RGB", (40, 20), "teal").save(file, "png")
    return base64.b64encode(file.getvalue()).decode()


DOT = png()
GRADES = """\
(async () => {{
  const id = location.pathname.split("/")[3], key = document.cookie.match(/_xsrf=([^;]*)/)[1];
  const headers = {{ "Content-Type": "application/json", "X-CSRFToken": key }};
  const answer = await fetch(`/formgrader/api/grades?submission_id=${{id}}`);
  for (const one of await answer.json()) {{
    const body = JSON.stringify({{ ...one, manual_score: 3, extra_credit: 2 }});
    await fetch(`/formgrader/api/grade/${{one.id}}`, {{ method: "PUT", headers, body }});
  }}
  {run};
}})()"""
HTML = [
    "<script>{run}</script>",
    "<img src=x onerror={run}>",
    "<svg onload={run}></svg>",
    "<svg><script>{run}</script></svg>",
    '<iframe srcdoc="<script>{run}</script>"></iframe>',
    '<iframe src="javascript:{run}"></iframe>',
    '<iframe src="data:text/html,<script>{run}</script>"></iframe>',
    '<object data="data:text/html,<script>{run}</script>"></object>',
    '<embed src="{ask}">',
    "<details open ontoggle={run}>x</details>",
    "<video><source onerror={run}></video>",
    "<input autofocus onfocus={run}>",
    "<style>@keyframes a{{}} b{{animation:a}}</style><b onanimationstart={run}>x</b>",
    '"></iframe><script>{run}</script><img src=x onerror={run}>',
    "&quot;&gt;&lt;script&gt;{run}&lt;/script&gt;",
    "</style></script></div></body></html><script>{run}</script>",
    "<math><mtext><table><mglyph><style><!--</style><img title='--><img src=x onerror={run}>'>",
    '<meta http-equiv="refresh" content="2;url={ask}">',
    '<link rel="stylesheet" href="{ask}">',
    '<link rel="prefetch" href="{ask}">',
    "<style>body {{ background: url({ask}) }}</style>",
    '<img src="{ask}">',
    '<audio preload="auto" src="{ask}"></audio>',
    '<video poster="{ask}"></video>',
    '<iframe src="{ask}"></iframe>',
    '<base href="{ask}/"><img src="x">',
    "<form id=f action={ask}></form><script>setTimeout(() => f.submit(), 2000)</script>",
    "<script>setTimeout(() => {{ top.location = '{ask}' }}, 2000)</script>",
    "<script>parent.postMessage('{{}}','*');import('data:text/javascript,{run}')</script>",
    "<script>" + GRADES + "</script>",
]
MARKDOWN = [
    "<script>{run}</script>",
    "text <img src=x onerror={run}>",
    "```mermaid\n<img src=x onerror={run}>\n```",
    "![a picture]({ask})",
    '<img src="{ask}">',
    "[see here](javascript:{run})",
    '<a href="javascript:{run}">see here</a>',
    "[see here]({ask})",
    "# <img src=x onerror={run}>",
    "| a | b |\n|---|---|\n| <svg onload={run}> | x |",
    "$x < <img src=x onerror={run}>$",
    "\\begin{{x}}<img src=x onerror={run}>\\end{{x}}",
    "$\\href{{javascript:{run}}}{{x}}$",
    '<iframe srcdoc="<script>{run}</script>"></iframe>',
    '<p style="background:url({ask})">x</p>',
    '<div class="nbgrader_cell"><input class="score" autofocus onfocus={run}></div>',
    '![a](x" onerror="{run})',
    '<script type="text/x-mathjax-config">{run}</script>',
    '<textarea autofocus onfocus={run}></textarea><noscript><p title="</noscript>'
    '<img src=x onerror={run}>"></noscript>',
]
PNG = "image/png"
OTHERS = [  # what an output holds, and its metadata
    ({"application/javascript": "{run}"}, {}),
    ({"image/svg+xml": "<svg xmlns='http://www.w3.org/2000/svg' onload='{run}'><script>{run}"
      "</script><image href='{ask}'/></svg>"}, {}),
    ({PNG: DOT}, {PNG: {"width": "1 onload={run}"}}),
    ({PNG: DOT}, {"filenames": {PNG: "{ask}"}}),
    ({PNG: '"><img src=x onerror={run}>'}, {}),
    ({"image/jpeg": DOT}, {"image/jpeg": {"alt": '"><img src=x onerror={run}>'}}),
    ({"text/latex": "$</div><img src=x onerror={run}>$"}, {}),
    ({"text/plain": "<img src=x onerror={run}>\x1b[31m<script>{run}</script>"}, {}),
    ({"text/html": "<script>{run}</script>"}, {"text/html": {"isolated": True}}),
    ({"application/vnd.jupyter.widget-view+json": {"model_id": "</script><script>{run}"}}, {}),
    ({"text/vnd.mermaid": "<img src=x onerror={run}>"}, {}),
]  # fmt: skip


def armed(attack, number):
    """An attack with its number; of text, or of lists and dictionaries of it."""
    if isinstance(attack, dict):
        return {key: armed(value, number) for key, value in attack.items()}
    if not isinstance(attack, str) or "{" not in attack:
        return attack
    return attack.format(run=f"console.log(/ran-{number}-/)", ask=f"/witness/{number}")


def outputs():
    """[(data, metadata)] of all attacks by output."""
    kinds = [({"text/html": each}, {}) for each in HTML]
    kinds += [({"text/markdown": each}, {}) for each in MARKDOWN] + OTHERS
    return [(armed(data, n), armed(more, n)) for n, (data, more) in enumerate(kinds, start=100)]


def cells():
    """Cells of a hand-in that hold all attacks."""
    texts = [armed(each, n) for n, each in enumerate(MARKDOWN, start=200)]
    run = "console.log(/ran-{}-/)".format
    publish = new_code_cell(
        "import json, sys\nfrom IPython.display import publish_display_data as publish\n"
        f"for data, more in json.loads({json.dumps(outputs())!r}):\n    publish(data, more)\n"
        f"print('<img src=x onerror={run(300)}>')\n"
        f"print('<script>{run(301)}</script>', file=sys.stderr)\n"
        f"# </pre><script>{run(302)}</script>\n"
        f"raise ValueError('<img src=x onerror={run(303)}>')"
    )
    publish.metadata = {"tags": [f'"><img src=x onerror={run(304)}>'], "alt": f'"><b {run(305)}'}
    picture = new_markdown_cell("![a](attachment:a) ![b](attachment:b)")
    picture.attachments = {
        "a": {"text/html": base64.b64encode(f"<script>{run(306)}</script>".encode()).decode()},
        "b": {"image/svg+xml": f'" onerror="{run(307)}'},
    }
    raw = new_raw_cell(f"<script>{run(308)}</script>")
    raw.metadata = {"raw_mimetype": "text/html"}
    return [*map(new_markdown_cell, texts), picture, raw, publish]


def numbers(signs):
    """The numbers of the attacks that were seen."""
    found = filter(None, map(SIGN.fullmatch, signs))
    return {int(match[1] or match[2]) for match in found}
