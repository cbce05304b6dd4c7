"""The doors out: a plan folder, written whole or not at all."""

from __future__ import annotations

from data.write.folder import check_target, write_plan_folder

__all__ = ["check_target", "write_plan_folder"]
