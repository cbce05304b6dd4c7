"""What the database itself sees to: real geometry for GIS tools, and an audit trail that stays."""

from __future__ import annotations

from alembic import op

revision = "0002"
down_revision = "0001"

_POINT = ("Point", "ST_GeomFromWKB(wkb, 4326)")
_AREA = ("MultiPolygon", "ST_Multi(ST_GeomFromWKB(wkb, 4326))")
GEOMETRY = {"zones": _AREA, "maisons": _POINT, "faces": _POINT, "exclusions": _AREA}
"""The type of each column `geom`, and what it is made of."""
SHOWN = {
    "zones": ("name", "level", "parent_id", "population"),
    "maisons": ("name", "address", "postcode", "city", "zone_id"),
    "faces": (
        "operator", "format", "surface_m2", "support", "lit", "address", "postcode", "city",
        "insee", "contacts", "price_eur", "available",
    ),
    "exclusions": ("reason",),
}  # fmt: skip
"""The cells that each view shows as columns."""
NUMBERS = frozenset({"contacts", "population", "price_eur", "surface_m2"})


def upgrade() -> None:
    """Add triggers, and on PostgreSQL the column `geom` with its index, and a view of each kind."""
    if op.get_bind().dialect.name == "postgresql":
        for kind in GEOMETRY:
            _geometry(kind)
            _view(kind)
        _audit_postgresql()
    else:
        _audit_sqlite()


def _geometry(kind: str) -> None:
    name, made_of = GEOMETRY[kind]
    op.execute(
        f"ALTER TABLE {kind} ADD COLUMN geom geometry({name}, 4326) "
        f"GENERATED ALWAYS AS ({made_of}) STORED"
    )
    op.execute(f"CREATE INDEX ix_{kind}_geom ON {kind} USING gist (geom)")


def _view(kind: str) -> None:
    """Make ``v_faces`` and the like: what QGIS opens as a layer, keyed by `fid`."""
    cells = "".join(f", {_cell(name)} AS {name}" for name in SHOWN[kind])
    op.execute(
        f"CREATE VIEW v_{kind} AS SELECT r.campaign_id || '/' || r.row_id AS fid, r.campaign_id, "  # noqa: S608 -- only names from above
        f"c.name AS campaign, r.row_id{cells}, r.geom "
        f"FROM {kind} r JOIN campaigns c USING (campaign_id) WHERE r.geom IS NOT NULL"
    )


def _cell(name: str) -> str:
    """Return a cell as text, or as a number where it is one."""
    text = f"r.cells ->> '{name}'"
    if name not in NUMBERS:
        return f"({text})"
    number = r"^-?[0-9]{1,18}(\.[0-9]{1,18})?$"
    return f"CASE WHEN {text} ~ '{number}' THEN ({text})::double precision END"


def _audit_postgresql() -> None:
    op.execute(
        "CREATE FUNCTION refuse_audit_change() RETURNS trigger LANGUAGE plpgsql AS "
        "$$ BEGIN RAISE EXCEPTION 'the audit trail is append-only'; END $$"
    )
    op.execute(
        "CREATE TRIGGER audit_is_append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON audit "
        "FOR EACH STATEMENT EXECUTE FUNCTION refuse_audit_change()"
    )


def _audit_sqlite() -> None:
    for event in ("UPDATE", "DELETE"):
        op.execute(
            f"CREATE TRIGGER audit_is_append_only_{event.lower()} BEFORE {event} ON audit "
            "BEGIN SELECT RAISE(ABORT, 'the audit trail is append-only'); END"
        )
