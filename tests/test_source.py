"""The course shows its own code as it is written."""

import pytest

from nsynth_edu.classroom import show_source
from nsynth_edu.models import wavenet
from nsynth_edu.training import overfit


def test_source_is_shown_as_it_is_written_with_file_and_line():
    shown = show_source(wavenet.ResidualLayer.forward)
    lines = str(shown).splitlines()
    written = open(wavenet.__file__).read().splitlines()
    number = int(lines[0].split(" line ")[1])
    assert "ResidualLayer.forward, nsynth_edu/models/wavenet.py" in lines[0]
    assert written[number - 1] == "    def forward(self, x, condition=None):"
    assert lines[2] == "def forward(self, x, condition=None):", "unindented, as a whole"
    assert lines[-1] == "    return x + self.residual(y), self.skip(y)"


def test_a_decorated_function_is_shown_where_it_is_written():
    assert "overfit, nsynth_edu/training/small_networks.py" in str(show_source(overfit))


def test_what_means_something_in_html_is_shown_as_text():
    body = show_source(show_source).body
    assert "&lt;details" in body and body.count("<details") == 1
    assert "<details open>" in body and "<details>" in show_source(show_source, folded=True).body


@pytest.mark.parametrize("wrong", [3, len, pytest.raises])
def test_what_is_not_of_this_course_is_refused(wrong):
    with pytest.raises(ValueError, match="expected a function or class of nsynth_edu"):
        show_source(wrong)
