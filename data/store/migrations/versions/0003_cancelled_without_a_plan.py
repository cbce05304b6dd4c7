"""A job may be cancelled without waiting for the plan that its best so far would make."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"


def upgrade() -> None:
    """Add whether a cancelled job keeps its best plan, as all did before."""
    kept = sa.true()
    op.add_column("jobs", sa.Column("keep_best", sa.Boolean(), nullable=False, server_default=kept))
