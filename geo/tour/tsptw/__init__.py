"""The travelling salesman with time windows, as a problem of its own."""

from geo.tour.tsptw.problem import Tsptw
from geo.tour.tsptw.solver import THOROUGH, TsptwAnswer, TsptwEffort, solve_tsptw

__all__ = ["THOROUGH", "Tsptw", "TsptwAnswer", "TsptwEffort", "solve_tsptw"]
