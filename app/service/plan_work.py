"""What is made of the files of a plan in a process of its own; see `app.service.jobs.work`."""

from __future__ import annotations

import json
import pickle
from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime
from pathlib import Path
from typing import Any

from app import reconcile_wording
from app.mapping import plan_pages
from app.reconciling import reconcile_plan_folder
from app.remarking import gather_remarks, gathered_json
from app.service.carrying import campaign_changes
from app.service.jobs.executor import Files
from app.service.jobs.work import Watch
from app.service.revising import folder_files, rewritten, with_postings, without_agents
from app.service.zone_pages import zone_page
from app.studies import explain_plan_folder
from app.study_wording import explain_json, plain
from data.read import read_campaign
from data.read_plan import PlanFolder, read_plan_folder, with_roads
from data.store.unpacked import unpacked
from data.write.exports import EXPORTS, Source
from data.write.folder import CAMPAIGN_FOLDER
from geo.errors import CampaignError, errors_among
from geo.model import Campaign
from geo.plan import Posting
from geo.targeting import target
from geo.verify import verify

Given = Mapping[str, bytes]
Parameters = Mapping[str, Any]

ANSWER = "answer.json"
"""What is given back beside files."""
CAMPAIGN_CHANGES = "campaign_changes"
CAMPAIGN_PICKLE = "campaign.pickle"
PLAN, RETURNED, REMARKS, NEW = "plan", "returned", "remarks", "new"
"""Folders in which files stand where there are several kinds of them."""
INTERNAL_PAGE = "carte-interne.html"
NAMELESS_PAGE = "carte-interne-sans-noms.html"


def read_campaign_files(files: Given) -> Campaign:
    """Return the campaign that a plan was made from, with its roads.

    Raises
    ------
    CampaignError
        If it cannot be read.
    """
    with unpacked(files) as folder:
        reading = read_campaign(folder / CAMPAIGN_FOLDER)
        if reading.campaign is None:
            raise CampaignError(errors_among(reading.problems))
        return with_roads(reading.campaign, folder)


def read_apart(files: Given, parameters: Parameters, watch: Watch) -> Files:
    """Read a campaign that is too large to be read where requests are answered."""
    del parameters, watch
    return {CAMPAIGN_PICKLE: pickle.dumps(read_campaign_files(files), pickle.HIGHEST_PROTOCOL)}


def revise(files: Given, parameters: Parameters, watch: Watch) -> Files:
    """Give a plan other postings; the answer tells what it breaks that it did not break before."""
    del watch
    postings = {Posting(*each) for each in parameters["postings"]}
    made = rewritten(files, lambda campaign, plan: with_postings(campaign, plan, postings))
    before, after = _violations(files), _violations(made)
    return {**made, ANSWER: _json({"violations": sorted(after - before)})}


def withdraw(files: Given, parameters: Parameters, watch: Watch) -> Files:
    """Take agents out of a plan."""
    del watch
    return without_agents(files, frozenset(parameters["agent_ids"]))


def export(files: Given, parameters: Parameters, watch: Watch) -> Files:
    """Make what is not in a plan folder: ``kind`` is one of `EXPORTS`, ``nameless`` or ``zone``.

    ``name`` is that of the zone.
    """
    del watch
    with unpacked(files) as folder:
        found = read_plan_folder(folder)
        if parameters["kind"] == "nameless":
            return _nameless(found)
        if parameters["kind"] == "zone":
            return zone_page(found.campaign, found.plan, parameters["name"])
        return dict(EXPORTS[parameters["kind"]].make(Source(found)))


def explain(files: Given, parameters: Parameters, watch: Watch) -> Files:
    """Explain a face, an agent, the whole plan."""
    del watch
    with unpacked(files) as folder:
        explained = explain_plan_folder(
            folder,
            face_id=parameters.get("face_id"),
            agent_id=parameters.get("agent_id"),
            summary=bool(parameters.get("summary")),
        )
        return {ANSWER: _json(_without_place(explain_json(explained)))}


def reconcile(files: Given, parameters: Parameters, watch: Watch) -> Files:
    """Hold a buyer's file against a plan, and make the plan that comes of it."""
    del watch
    with unpacked(files) as folder:
        (returned,) = sorted((folder / RETURNED).iterdir())
        done = reconcile_plan_folder(
            folder / PLAN,
            returned,
            folder / NEW,
            accept_proposals=bool(parameters["accept_proposals"]),
            created=datetime.fromisoformat(parameters["created"]),
            force=False,
            progress=_unsaid,
        )
        told = _without_place(reconcile_wording.reconcile_json(done))
        told["text"] = reconcile_wording.reconcile_lines(done)[:-1]  # the last one names a folder
        before = read_plan_folder(folder / PLAN).campaign
        told[CAMPAIGN_CHANGES] = campaign_changes(before, done.campaign)
        told["changes"] = [_line_json(plain(line)) for line in done.changes]
        return {**_below(folder / NEW, NEW), ANSWER: _json(told)}


def gather(files: Given, parameters: Parameters, watch: Watch) -> Files:
    """Gather the remarks that readers saved from the maps of a plan."""
    del parameters, watch
    with unpacked(files) as folder:
        given = sorted((folder / REMARKS).iterdir())
        gathered = gather_remarks(folder / PLAN, given, folder / NEW, force=False, progress=_unsaid)
        told = gathered_json(gathered)
        del told["out"]
        told["summary"] = list(gathered.summary)
        return {**_below(folder / NEW, NEW), ANSWER: _json(told)}


def _violations(files: Given) -> set[tuple[str, str, str]]:
    with unpacked(files) as folder:
        found = read_plan_folder(folder)
        broken = verify(
            found.campaign, found.plan, found.order, changed_inputs=found.changed_inputs
        )
    return {(each.rule.value, each.subject, each.message) for each in broken}


def _nameless(found: PlanFolder) -> Files:
    """Return the planner's page without the names of people: approvers read it too."""
    agents = tuple(replace(agent, name="") for agent in found.campaign.agents)
    campaign = replace(found.campaign, agents=agents)
    pages = plan_pages(campaign, found.plan, target(campaign), problems=())
    return {NAMELESS_PAGE: pages[INTERNAL_PAGE].encode()}


def _below(folder: Path, name: str) -> Files:
    return {f"{name}/{path}": content for path, content in folder_files(folder).items()}


def _without_place(told: dict[str, Any]) -> dict[str, Any]:
    """Return what a command tells without the folder that it read or wrote."""
    return {name: value for name, value in told.items() if name not in {"plan", "ok"}}


def _line_json(line: dict[str, Any]) -> dict[str, Any]:
    return {k: v.isoformat() if hasattr(v, "isoformat") else v for k, v in line.items()}


def _json(value: object) -> bytes:
    return json.dumps(value, ensure_ascii=False).encode()


def _unsaid(_: str) -> None:
    """Say nothing."""
