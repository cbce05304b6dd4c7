"""Which portrait goes on which face in which period.

``build_problem(campaign, eligibility)`` makes a campaign flat, ``solve(problem)`` answers.
"""

from geo.matching.answer import Effort
from geo.matching.problem import MatchingProblem, build_problem
from geo.matching.solution import solve
from geo.matching.watch import Progress

__all__ = ["Effort", "MatchingProblem", "Progress", "build_problem", "solve"]
