"""A listener who hears everything: what a page plays is compared sample by sample."""

LISTEN = """
window.heard = [];
const start = AudioBufferSourceNode.prototype.start;
AudioBufferSourceNode.prototype.start = function (...given) {
  const samples = this.buffer?.getChannelData(0) ?? [];
  window.heard.push([...samples.slice(0, 400)]);
  return start.apply(this, given);
};
"""


def hear(page, key):
    """The beginning of what a key plays; the page runs `LISTEN`."""
    count = page.evaluate("() => heard.length")
    page.keyboard.press(key)
    new = page.evaluate("(count) => heard.slice(count)", count)
    assert len(new) == 1, f"{key} plays one sound"
    return new[0]


def answer(page, rightly=True):
    """One trial of an ABX by keyboard: all three sounds are heard, then X is named."""
    a, b, x = (hear(page, key) for key in "abx")
    assert a != b and x in (a, b)
    page.keyboard.press("1" if (x == a) == rightly else "2")
