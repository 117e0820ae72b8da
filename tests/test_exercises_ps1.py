"""Problem set 1: mu-law."""

import pytest

pytest.register_assert_rewrite("problem_set")

from problem_set import ProblemSet  # noqa: E402


class TestMuLaw(ProblemSet):
    name = "ps1_mu_law"
