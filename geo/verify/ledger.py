"""The postings of a plan, looked up once: the face, the agent and the calendar of each."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from geo.french import quoted
from geo.model import Agent, Campaign
from geo.plan import Posting
from geo.verify.violation import Rule, Violation, breach


@dataclass(frozen=True, slots=True)
class Entry:
    """A posting whose face, agent and period exist; `face` is an index into the inventory."""

    posting: Posting
    face: int
    agent: Agent

    @property
    def where(self) -> str:
        """Return the face, the period and the agent, for the beginning of a sentence."""
        p = self.posting
        return f"Face {p.face_id}, vague {p.period}, agent {p.agent_id}"


class Ledger:
    """All postings of a campaign that can be looked up, and what the others fail on."""

    def __init__(self, campaign: Campaign, postings: Iterable[Posting]) -> None:
        self.campaign = campaign
        self.face_index = {str(face_id): i for i, face_id in enumerate(campaign.faces.face_id)}
        self.agents = {agent.agent_id: agent for agent in campaign.agents}
        self.postings = tuple(sorted(postings))
        self.entries = tuple(self._look_up())

    def _look_up(self) -> Iterator[Entry]:
        for posting in self.postings:
            face = self.face_index.get(posting.face_id)
            agent = self.agents.get(posting.agent_id)
            if face is not None and agent is not None and self._has_period(posting.period):
                yield Entry(posting, face, agent)

    def _has_period(self, period: int) -> bool:
        return period in self.campaign.periods.numbers()

    def unknown(self) -> Iterator[Violation]:
        """Yield what the postings name and the campaign does not know."""
        for p in self.postings:
            if p.face_id not in self.face_index:
                message = f"La face {quoted(p.face_id)} n’est pas dans l’inventaire."
                yield breach(Rule.UNKNOWN_FACE, p.face_id, message)
            if p.agent_id not in self.agents:
                message = f"L’agent {quoted(p.agent_id)} n’est pas dans la campagne."
                yield breach(Rule.UNKNOWN_AGENT, p.agent_id, message)
            if not self._has_period(p.period):
                message = (
                    f"Face {p.face_id}, agent {p.agent_id}, vague {p.period}"
                    f" : la campagne a {self.campaign.periods.count} vague(s)."
                )
                yield breach(Rule.UNKNOWN_PERIOD, p.face_id, message)
