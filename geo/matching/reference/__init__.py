"""The matching by a general solver: the reference, and the finish of small hard problems.

Same problem, same objective, another road: tangents, linear and integer programmes, HiGHS.
"""

from geo.matching.reference.search import Patience
from geo.matching.reference.solver import Reference, solve_by_highs

__all__ = ["Patience", "Reference", "solve_by_highs"]
