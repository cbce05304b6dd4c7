"""Why a face carries what it carries, in French for a planner: money where money is what counts."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

from geo.french import counted, euros, listed, number, percent, quoted, span, typeset
from geo.matching.explained.offers import POSTED, FaceStory, Offer, PeriodStory, Why
from geo.matching.explained.standing import Bar
from geo.model import Agent, Campaign, IntArray
from geo.plan import Allocation

MOST_RIVALS = 5
"""Rivals that are named for one posting; the rest are counted."""

ALMOST = 0.5
"""Less than so many cents are no difference."""

WORTH_NOTE = (
    "Une face « vaut », pour un portrait, ce qu’il faudrait dépenser ailleurs, au prix marginal du "
    "budget, pour faire progresser autant l’ensemble du plan. Prix HT."
)


@dataclass(frozen=True, slots=True)
class Context:
    """What the words need besides the explanations: who and what the ids stand for.

    Parameters
    ----------
    excluded
        Index of the exclusion that holds each face or -1, shape ``(n_faces,)``.
    """

    campaign: Campaign
    allocation: Allocation
    excluded: IntArray

    def agent(self, agent_id: str) -> str:
        """Return an agent with the job, never the name: ``A07 (agent des routes)``."""
        agent = self._agent(agent_id)
        return f"{agent_id} ({agent.job})" if agent and agent.job else agent_id

    def face(self, face_id: str) -> int:
        """Return the place of a face in the inventory."""
        return [str(each) for each in self.campaign.faces.face_id].index(face_id)

    def metres(self, one: str, other: str) -> float:
        """Return the distance between two faces."""
        i, j = self.face(one), self.face(other)
        faces = self.campaign.faces
        return math.hypot(faces.x[i] - faces.x[j], faces.y[i] - faces.y[j])

    def consent(self, agent_id: str) -> str:
        """Return what is wrong with a consent that does not cover a period."""
        agent = self._agent(agent_id)
        if agent is None or agent.consent_until is None:
            return "sans consentement à l’affichage"
        return f"consentement valable jusqu’au {agent.consent_until:%d/%m/%Y}"

    def _agent(self, agent_id: str) -> Agent | None:
        return next((a for a in self.campaign.agents if a.agent_id == agent_id), None)


def face_lines(story: FaceStory, context: Context) -> list[str]:
    """Return what there is to say about a face, one line a fact; periods alike are said once."""
    head, *_ = story.periods
    faces, row = context.campaign.faces, context.face(story.face_id)
    place = ", ".join(filter(None, (faces.format[row], faces.city[row])))
    contacts = counted(round(head.contacts), "contact", "contacts")
    lines = [
        f"Face {story.face_id}" + (f" ({place})" if place else "") + " : "
        f"{euros(head.price_cents)} et {contacts} par vague."
    ]
    said: dict[tuple[str, ...], list[int]] = {}
    for period in story.periods:
        said.setdefault(tuple(_period_lines(period, story, context)), []).append(period.period)
    for sentences, periods in said.items():
        first, *rest = sentences
        lines.append(f"{_periods(periods, context)} : {first}")
        lines.extend(f"  – {line}" for line in rest)
    if any(offer.worth_cents is not None for period in story.periods for offer in period.offers):
        lines.append(WORTH_NOTE)
    return [typeset(line) for line in lines]


def _period_lines(period: PeriodStory, story: FaceStory, context: Context) -> list[str]:
    """Return why a face carries what it carries in one period: a sentence, then one a rival."""
    if period.why not in POSTED:
        return [_empty(period, story, context)]
    rivals = period.rivals
    lines = [
        f"{context.agent(rival.agent_id)} : {_rival(rival, story, context)}"
        for rival in rivals[:MOST_RIVALS]
    ]
    if not rivals:
        lines.append("aucun autre agent ne travaille là")
    if len(rivals) > MOST_RIVALS:
        lines.append(f"et {counted(len(rivals) - MOST_RIVALS, 'autre agent', 'autres agents')}")
    return [_posted(period, context), *lines]


def _posted(period: PeriodStory, context: Context) -> str:
    reason = {
        Why.LOCK: "par décision d’un verrou",
        Why.POSTED: "aucun autre portrait permis n’y vaut plus",
        Why.MINIMUM: (
            f"nécessaire à ses {context.campaign.matching.min_faces} affichages voulus au moins"
        ),
        Why.OUTBID: (
            "un autre portrait y vaudrait plus, mais le calcul s’est arrêté là, à "
            f"{percent(context.allocation.gap, 2)} au plus du meilleur plan possible"
        ),
    }[period.why]
    return f"{context.agent(period.agent_id or '')}, {reason}{_value(period)}."


def _value(period: PeriodStory) -> str:
    own = period.offers[0]
    if own.worth_cents is None or period.over_cents is None:
        return ""
    value = f" ; le portrait y vaut {_money(own.worth_cents)} pour {euros(period.price_cents)}"
    if period.over_cents > ALMOST and period.why in (Why.POSTED, Why.OUTBID):
        value += " : un peu moins que son prix, avec ce qui restait du budget"
    return value


def _rival(rival: Offer, story: FaceStory, context: Context) -> str:
    """Return what keeps a rival away: a rule, or by how much the worth falls short."""
    if rival.bar is Bar.CONSENT:
        return context.consent(rival.agent_id)
    if rival.bar is Bar.LOCK:
        return "le verrou passe avant" + (f", {_behind(rival)}" if rival.behind is not None else "")
    if rival.bar is Bar.ROTATION:
        return f"déjà sur cette face {_in_periods(rival.periods)}"
    if rival.bar is Bar.SPACING:
        return _too_close(rival, story, context)
    return _behind(rival)


def _behind(rival: Offer) -> str:
    if rival.behind is None or rival.behind == 0:
        return "y vaudrait autant"
    amount = percent(abs(rival.behind))
    if rival.behind_cents is not None:
        if abs(rival.behind_cents) < ALMOST:
            return "y vaudrait autant"
        amount = f"{_money(abs(rival.behind_cents))} ({amount})"
    return f"y vaudrait {amount} de {'moins' if rival.behind > 0 else 'plus'}"


def _too_close(offer: Offer, story: FaceStory, context: Context) -> str:
    places = [
        f"à {number(context.metres(story.face_id, face))} m sur la face {face}"
        for face in offer.beside
    ]
    return f"déjà {listed(places)}"


def _empty(period: PeriodStory, story: FaceStory, context: Context) -> str:
    if period.why is Why.EXCLUDED:
        return f"libre, dans un secteur interdit{_exclusion(story, context)}."
    if period.why is Why.NO_CONSENT:
        who = [f"{o.agent_id} : {context.consent(o.agent_id)}" for o in period.offers]
        return f"libre, faute de consentement ({', '.join(who)})."
    if period.why in (Why.SPACING, Why.ROTATION):
        return _empty_by_rule(period, story, context)
    if period.why is Why.PRICE:
        return _empty_by_price(period, story, context)
    if period.why is Why.BUDGET:
        return _empty_by_budget(period, story)
    return {
        Why.UNAVAILABLE: "pas à vendre.",
        Why.CLOSED: "vague fermée à cette zone (séquences).",
        Why.NOBODY_HERE: "libre, aucun agent ne travaille dans sa zone.",
        Why.LOCKED_EMPTY: "laissée libre par un verrou.",
    }[period.why]


def _exclusion(story: FaceStory, context: Context) -> str:
    exclusion = int(context.excluded[context.face(story.face_id)])
    if exclusion < 0:
        return ""
    return f" ({quoted(context.campaign.exclusions[exclusion].reason)})"


def _empty_by_rule(period: PeriodStory, story: FaceStory, context: Context) -> str:
    bar = Bar.SPACING if period.why is Why.SPACING else Bar.ROTATION
    first, *rest = [
        offer
        for offer in period.offers
        if offer.bar is bar
        and (offer.worth_cents is None or offer.worth_cents > period.price_cents)
    ]
    worth = "" if first.worth_cents is None else f" ({_money(first.worth_cents)})"
    sentence = (
        f"libre, vaut son prix pour {context.agent(first.agent_id)}{worth}, mais son portrait est "
        f"{_rival(first, story, context)}."
    )
    if rest:
        sentence += f" De même pour {listed([offer.agent_id for offer in rest])}."
    return sentence


def _empty_by_price(period: PeriodStory, story: FaceStory, context: Context) -> str:
    free = [offer for offer in period.offers if offer.bar is Bar.NONE]
    if period.over_cents is not None and free:
        return (
            f"libre, coûte {_money(period.over_cents)} de plus qu’elle ne vaut : au mieux "
            f"{_money(free[0].worth_cents or 0)}, pour {context.agent(free[0].agent_id)}."
        )
    if free:
        return "libre, n’apporterait rien à personne."
    kept = [f"{offer.agent_id} : {_rival(offer, story, context)}" for offer in period.offers]
    return f"libre, aucun portrait qui vaille son prix ne peut y aller ({', '.join(kept)})."


def _empty_by_budget(period: PeriodStory, story: FaceStory) -> str:
    if period.over_cents is None or story.cents_left is None:
        return "libre, le calcul s’est arrêté avant de la prendre."
    left = euros(story.cents_left)
    gain = f"libre, vaut {_money(-period.over_cents)} de plus que son prix, mais "
    if story.cents_left < period.price_cents:
        return f"{gain}il ne reste que {left} du budget."
    return f"{gain}le calcul s’est arrêté avant de la prendre (il reste {left})."


def _periods(periods: Sequence[int], context: Context) -> str:
    if len(periods) > 1:
        return f"Vagues {listed([str(period) for period in periods])}"
    calendar, (period,) = context.campaign.periods, periods
    return f"Vague {period} ({span(calendar.first_day(period), calendar.last_day(period))})"


def _in_periods(periods: Sequence[int]) -> str:
    if len(periods) == 1:
        return f"dans la vague {periods[0]}"
    return f"dans les vagues {listed([str(period) for period in periods])}"


def _money(cents: float) -> str:
    """Return a worth as money, rounded to a cent."""
    return euros(round(cents))
