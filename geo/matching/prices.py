"""Good prices: the dual made small by L-BFGS-B, from a start that is nearly right.

The dual is convex and has kinks, on which a quasi-Newton method does well in practice (Lewis &
Overton 2013); whatever it ends with is a bound. Steps are counted, never timed.
"""

from __future__ import annotations

from contextlib import suppress
from dataclasses import dataclass
from enum import StrEnum
from typing import NamedTuple

import numpy as np
from scipy.optimize import Bounds, minimize

from geo.matching.dual import Dual, Prices, best_ratios
from geo.matching.network import Network
from geo.matching.utility import marginal_utility
from geo.model import FloatArray

BALANCE_STEPS = 8
"""Rounds in which each agent's price follows the exposure that it leads to."""

ROW_SCALE = 1.0
"""Unit of the prices of spacing: this many times the worth of a typical face."""

LEAST_PRICE = 1e-9
"""Least price of exposure, in units of where the search starts."""

MEMORY = 15
"""Steps that L-BFGS remembers."""


@dataclass(frozen=True, slots=True)
class Priced:
    """Prices, and the value of the dual at them."""

    prices: Prices
    value: float


def first_prices(dual: Dual, *, cent: float | None = None) -> Prices:
    """Return prices to start from: each agent's exposure and its price agree roughly.

    Parameters
    ----------
    cent
        The price of a cent, where it is given from outside; else the spending leads to it.
    """
    network = dual.network
    share, fairness = network.agents.share, network.fairness
    rows = np.zeros((network.n_rows, network.n_periods))
    posting = np.zeros(network.n_agents)
    exposure = share * marginal_utility(np.minimum(network.most_ratio, 0.7), fairness)
    price = _typical_cent(network, exposure) if cent is None else cent
    for _ in range(BALANCE_STEPS):
        found = dual(Prices(exposure, posting, price, rows), with_rows=False)
        ratio = np.maximum(found.exposure + best_ratios(network, exposure)[1], 0.0)
        fitting = share * marginal_utility(ratio, fairness)
        exposure = exposure * np.power(
            np.divide(fitting, exposure, out=np.ones_like(share), where=exposure > 0),
            1 / (1 + fairness),
        )
        if cent is None and network.budget is not None and network.budget > 0:
            price *= max((network.budget - found.cent) / network.budget, 0.1) ** 0.5
    return Prices(exposure, posting, price, rows)


def _typical_cent(network: Network, exposure: FloatArray) -> float:
    """Return the worth of a cent at the margin, were spacing and schedules no matter."""
    if network.budget is None:
        return 0.0
    edges = network.edges
    face = np.repeat(np.arange(network.n_faces), np.diff(edges.first))
    worth = edges.relevance * (exposure * network.agents.per_exposure)[edges.agent]
    best = np.zeros(network.n_faces)
    np.maximum.at(best, face, np.where(edges.periods > 0, worth, 0.0))
    value = (best[:, None] * edges.contacts).ravel()
    price = np.maximum(edges.price_cents.ravel(), 1e-3)
    order = np.argsort(-value / price, kind="stable")
    last = int(np.searchsorted(np.cumsum(price[order]), network.budget))
    at = order[min(last, len(order) - 1)] if len(order) else 0
    return float(value[at] / price[at]) if len(order) else 0.0


class Spacing(StrEnum):
    """Which prices of spacing a search may move."""

    NONE = "none"  # they stay as they are and count for nothing
    FOLDED = "folded"  # one price for all periods of a row
    FREE = "free"  # a price for each row and period


def improve_prices(
    dual: Dual, start: Prices, *, steps: int, spacing: Spacing, fixed_cent: bool
) -> Priced:
    """Return the best prices that `steps` evaluations of the dual lead to.

    Where periods are alike, one price for all of them loses nothing, and is found much sooner: the
    schedules of a face then tie between periods, and prices by period chase each other.

    Parameters
    ----------
    fixed_cent
        Whether the price of a cent stays as it is.
    """
    search = _Search(dual, start, spacing=spacing, fixed_cent=fixed_cent)
    with suppress(_StopError):
        minimize(
            search.value_and_slope,
            search.origin,
            jac=True,
            method="L-BFGS-B",
            bounds=Bounds(search.least, np.full(len(search.origin), np.inf)),
            options={"maxiter": steps, "maxfun": steps, "maxcor": MEMORY, "ftol": 0, "gtol": 0},
        )
    return search.best


class _StopError(Exception):
    """Somebody asked to stop, in the middle of a search for prices."""


class _Search:
    """The dual as a function of one vector, each price in units of its own size."""

    def __init__(self, dual: Dual, start: Prices, *, spacing: Spacing, fixed_cent: bool) -> None:
        network = dual.network
        self._dual, self._start, self._n = dual, start, network.n_agents
        self._spacing = spacing if network.n_rows else Spacing.NONE
        self._open = network.row_open.astype(np.float64)
        by_row = _typical_worth(network, start)
        self._unit_exposure = (
            np.zeros_like(start.exposure) if network.fairness == 0 else start.exposure
        )
        wanted = network.agents.quota > 0
        self._unit_posting = np.where(wanted, float(np.median(by_row.agent)), 0.0)
        self._unit_cent = 0.0 if fixed_cent or network.budget is None else start.cent
        self._unit_row = np.maximum(ROW_SCALE * by_row.row, 1e-300)[:, None]
        self.origin = np.concatenate(
            (
                np.ones(self._n),
                self._over(start.posting, self._unit_posting),
                [1.0],
                self._rows_in(),
            )
        )
        self.least = np.zeros(len(self.origin))
        self.least[: self._n] = LEAST_PRICE
        self.best = Priced(start, np.inf)

    @staticmethod
    def _over(value: FloatArray, unit: FloatArray) -> FloatArray:
        return np.divide(value, unit, out=np.zeros_like(value), where=unit > 0)

    def _rows_in(self) -> FloatArray:
        """Return where the prices of spacing begin, in the search's own units."""
        scaled = self._start.rows / self._unit_row
        if self._spacing is Spacing.NONE:
            return np.zeros(0)
        if self._spacing is Spacing.FREE:
            return scaled.ravel()
        return np.asarray(scaled.sum(axis=1) / np.maximum(self._open.sum(axis=1), 1))

    def _rows_out(self, at: FloatArray) -> FloatArray:
        if self._spacing is Spacing.NONE:
            return self._start.rows
        if self._spacing is Spacing.FREE:
            return at.reshape(self._open.shape) * self._unit_row * self._open
        return at[:, None] * self._unit_row * self._open

    def _rows_slope(self, slope: FloatArray) -> FloatArray:
        if self._spacing is Spacing.NONE:
            return np.zeros(0)
        scaled = slope * self._unit_row * self._open
        return scaled.ravel() if self._spacing is Spacing.FREE else scaled.sum(axis=1)

    def value_and_slope(self, at: FloatArray) -> tuple[float, FloatArray]:
        if self._dual.watch.stopped and np.isfinite(self.best.value):
            raise _StopError
        prices = self._prices(at)
        found = self._dual(prices, with_rows=self._spacing is not Spacing.NONE)
        if found.value < self.best.value:
            self.best = Priced(prices, found.value)
        slope = (
            found.exposure * self._unit_exposure,
            found.posting * self._unit_posting,
            [found.cent * self._unit_cent],
            self._rows_slope(found.rows),
        )
        return found.value, np.concatenate(slope)

    def _prices(self, at: FloatArray) -> Prices:
        n = self._n
        exposure = at[:n] * self._unit_exposure
        if self._dual.network.fairness == 0:  # the slope of the utility is the same everywhere
            exposure = self._start.exposure
        cent = at[2 * n] * self._unit_cent if self._unit_cent else self._start.cent
        return Prices(
            exposure,
            at[n : 2 * n] * self._unit_posting,
            float(cent),
            self._rows_out(at[2 * n + 1 :]),
        )


class _Typical(NamedTuple):
    agent: FloatArray  # (A,) what a typical posting of an agent is worth
    row: FloatArray  # (n_rows,) the same for the postings of a row


def _typical_worth(network: Network, prices: Prices) -> _Typical:
    """Return what postings are worth at these prices, on average."""
    edges, rows = network.edges, network.rows
    face = np.repeat(np.arange(network.n_faces), np.diff(edges.first))
    per_contact = (prices.exposure * network.agents.per_exposure)[edges.agent]
    worth = edges.relevance * edges.contacts.mean(axis=1)[face] * per_contact
    count = np.maximum(np.bincount(edges.agent, minlength=network.n_agents), 1)
    by_agent = np.bincount(edges.agent, weights=worth, minlength=network.n_agents) / count
    in_rows = np.repeat(worth, np.diff(rows.first))
    members = np.maximum(np.bincount(rows.row, minlength=network.n_rows), 1)
    by_row = np.bincount(rows.row, weights=in_rows, minlength=network.n_rows) / members
    return _Typical(by_agent, by_row)
