"""Problem set 2: receptive fields."""

import pytest

pytest.register_assert_rewrite("problem_set")

from problem_set import ProblemSet  # noqa: E402


class TestReceptiveFields(ProblemSet):
    name = "ps2_receptive_fields"
