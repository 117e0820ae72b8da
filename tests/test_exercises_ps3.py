"""Problem set 3: the constant-Q transform."""

import pytest

pytest.register_assert_rewrite("problem_set")

from problem_set import ProblemSet  # noqa: E402


class TestConstantQ(ProblemSet):
    name = "ps3_cqt"
