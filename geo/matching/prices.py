"""Good prices: the dual made small, from a start that is nearly right.

Whatever the search ends with is a bound. Steps are counted, never timed.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import NamedTuple

import numpy as np

from geo.matching.descent import descend
from geo.matching.dual import Dual, Prices, best_ratios
from geo.matching.network import Network
from geo.matching.utility import marginal_utility
from geo.model import FloatArray

BALANCE_STEPS = 8
"""Rounds in which each agent's price follows the exposure that it leads to."""

ROW_SCALE = 3.0
"""Prices of spacing are expected to move by so many times the worth of a typical face …"""

CENT_SCALE = 0.3
"""… and the price of a cent by this part of itself."""

WINDOW = 8
"""Evaluations over which it is judged whether a search is still worth while."""

LEAST_PRICE = 1e-9
"""Least price of exposure, in units of where the search starts."""


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
    dual: Dual,
    start: Prices,
    *,
    steps: int,
    spacing: Spacing,
    fixed_cent: bool,
    worthwhile: float = 0.0,
) -> Priced:
    """Return the best prices that `steps` evaluations of the dual lead to, or fewer.

    Parameters
    ----------
    fixed_cent
        Whether the price of a cent stays as it is.
    worthwhile
        The search ends early where the last `WINDOW` evaluations brought the bound down by no more
        than this.
    """
    search = _Search(
        dual, start, steps=steps, spacing=spacing, fixed_cent=fixed_cent, worthwhile=worthwhile
    )
    descend(
        search.value_and_slope,
        search.origin,
        least=search.least,
        scale=search.scale,
        go_on=search.goes_on,
    )
    return search.best


class _Search:
    """The dual as a function of one vector: λ, ν, μ, and π as far as `spacing` lets it move."""

    def __init__(
        self,
        dual: Dual,
        start: Prices,
        *,
        steps: int,
        spacing: Spacing,
        fixed_cent: bool,
        worthwhile: float,
    ) -> None:
        network = dual.network
        self._dual, self._start, self._n = dual, start, network.n_agents
        self._steps, self._worthwhile, self._seen = steps, worthwhile, [np.inf]
        self._spacing = spacing if network.n_rows else Spacing.NONE
        self._open = network.row_open
        typical = _typical_worth(network, start)
        moves = network.fairness > 0  # at α = 0 the slope of the utility is the same everywhere
        cent = 0.0 if fixed_cent or network.budget is None else start.cent
        self.origin = np.concatenate(
            (start.exposure, start.posting, [start.cent], self._rows_in(start.rows))
        )
        self.scale = np.concatenate(
            (
                start.exposure * moves,
                np.where(network.agents.quota > 0, float(np.median(typical.agent)), 0.0),
                [CENT_SCALE * cent],
                ROW_SCALE * self._row_scale(typical.row),
            )
        )
        self.least = np.zeros(len(self.origin))
        self.least[: self._n] = LEAST_PRICE * start.exposure
        self.best = Priced(start, np.inf)

    def goes_on(self) -> bool:
        """Return whether evaluations are left, worth while, and nobody asked to stop."""
        seen = self._seen
        if self._dual.watch.stopped or len(seen) > self._steps:
            return False
        return len(seen) <= WINDOW or seen[-1 - WINDOW] - seen[-1] > self._worthwhile

    def value_and_slope(self, at: FloatArray) -> tuple[float, FloatArray]:
        """Return the dual and its slope at a point, and keep the best."""
        prices = self._prices(at)
        found = self._dual(prices, with_rows=self._spacing is not Spacing.NONE)
        if found.value < self.best.value:
            self.best = Priced(prices, found.value)
        self._seen.append(self.best.value)
        slope = np.concatenate(
            (found.exposure, found.posting, [found.cent], self._rows_slope(found.rows))
        )
        return found.value, slope

    def _prices(self, at: FloatArray) -> Prices:
        n = self._n
        rows = self._rows_out(at[2 * n + 1 :])
        return Prices(at[:n], at[n : 2 * n], float(at[2 * n]), rows)

    def _rows_in(self, rows: FloatArray) -> FloatArray:
        """Return where the prices of spacing begin, as coordinates."""
        if self._spacing is Spacing.NONE:
            return np.zeros(0)
        if self._spacing is Spacing.FREE:
            return rows.ravel()
        return np.asarray(rows.sum(axis=1) / np.maximum(self._open.sum(axis=1), 1))

    def _row_scale(self, typical: FloatArray) -> FloatArray:
        if self._spacing is Spacing.NONE:
            return np.zeros(0)
        return (typical[:, None] * self._open).ravel() if self._spacing is Spacing.FREE else typical

    def _rows_out(self, at: FloatArray) -> FloatArray:
        if self._spacing is Spacing.NONE:
            return self._start.rows
        if self._spacing is Spacing.FREE:
            return at.reshape(self._open.shape)
        return at[:, None] * self._open

    def _rows_slope(self, slope: FloatArray) -> FloatArray:
        if self._spacing is Spacing.NONE:
            return np.zeros(0)
        return slope.ravel() if self._spacing is Spacing.FREE else (slope * self._open).sum(axis=1)


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
