"""Which portrait goes on which face in which period.

``build_problem(campaign, eligibility)`` makes a campaign flat, ``solve(problem)`` answers.
"""

from geo.matching.block import Effort
from geo.matching.problem import MatchingProblem, build_problem
from geo.matching.solution import solve

__all__ = ["Effort", "MatchingProblem", "build_problem", "solve"]
