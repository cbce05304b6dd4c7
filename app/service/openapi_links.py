"""Which answer holds what the next request needs: the links of the OpenAPI document."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

_CAMPAIGN = (
    "readCampaign",
    "checkCampaign",
    "copyCampaign",
    "exportCampaign",
    "listPlans",
    "makePlan",
    "listJobs",
    "readFeaturesLanding",
    "listFeatureCollections",
    "listMembers",
    "readAudit",
)
_PLAN = (
    "readPlan",
    "listPostings",
    "explainPlan",
    "readTour",
    "verifyPlan",
    "listRevisions",
    "readAffichageCsv",
    "readCarteElusHtml",
    "createLink",
)
_PLAN_SEEN = ("swapPosting", "undoChange", "proposePlan", "approvePlan", "rejectPlan", "sendPlan")

_SEEN = {"header.If-Match": "$response.header.ETag"}
_BY_CAMPAIGN = {"campaign_id": "$response.body#/campaign_id"}
_BY_PLAN = {"plan_id": "$response.body#/plan_id"}
_BY_JOB = {"job_id": "$response.body#/jobID"}
_ROW = {name: f"$request.path.{name}" for name in ("campaign_id", "kind")}
_BY_ROW = {**_ROW, "row_id": "$response.body#/row_id"}

Parameters = Mapping[str, str]
Targets = Iterable[tuple[Iterable[str], Parameters]]

LINKS: Mapping[tuple[str, str], Targets] = {
    ("createCampaign", "201"): ((_CAMPAIGN, _BY_CAMPAIGN),),
    ("copyCampaign", "201"): ((_CAMPAIGN, _BY_CAMPAIGN),),
    ("listCampaigns", "200"): (
        (_CAMPAIGN, {"campaign_id": "$response.body#/items/0/campaign_id"}),
    ),
    ("readCampaign", "200"): ((("changeCampaign", "archiveCampaign"), {**_BY_CAMPAIGN, **_SEEN}),),
    ("makePlan", "201"): ((("readJob", "dismissJob"), _BY_JOB),),
    ("readJob", "200"): ((("readPlan",), _BY_PLAN),),
    ("listPlans", "200"): ((_PLAN, {"plan_id": "$response.body#/items/0/plan_id"}),),
    ("readPlan", "200"): ((_PLAN, _BY_PLAN), (_PLAN_SEEN, {**_BY_PLAN, **_SEEN})),
    ("makeVersion", "201"): ((_PLAN, _BY_PLAN),),
    ("addRow", "201"): ((("readRow",), _BY_ROW), (("changeRow",), {**_BY_ROW, **_SEEN})),
    ("readRow", "200"): ((("changeRow", "deleteRow"), {**_BY_ROW, **_SEEN}),),
    ("createKey", "201"): ((("readKey", "revokeKey"), {"key_id": "$response.body#/key_id"}),),
}
"""By operation and status: the operations that go on from there, and where their parameters are."""


def add_links(document: dict[str, Any]) -> None:
    """Add the links to the answers of a document, in place.

    Raises
    ------
    KeyError
        If a link names an operation or an answer that the document has not.
    """
    operations = {
        operation["operationId"]: operation
        for methods in document["paths"].values()
        for operation in methods.values()
    }
    for (source, status), targets in LINKS.items():
        links: dict[str, Any] = {}
        for names, parameters in targets:
            for name in names:
                operations[name]
                links[_name(name, links)] = {"operationId": name, "parameters": dict(parameters)}
        operations[source]["responses"][status]["links"] = links


def _name(operation_id: str, taken: Mapping[str, Any]) -> str:
    return operation_id if operation_id not in taken else f"{operation_id}Again"
