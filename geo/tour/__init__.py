"""The route and the calendar of the itinerant exhibition: ``solve(build_problem(campaign))``."""

from geo.tour.building import build_problem
from geo.tour.problem import TourProblem
from geo.tour.solver import solve
from geo.tour.spread import with_spread
from geo.tour.stopping import Stop, never

__all__ = ["Stop", "TourProblem", "build_problem", "never", "solve", "with_spread"]
