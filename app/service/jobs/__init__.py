"""Jobs: what takes longer than a request may, run beside it and surviving whoever runs it."""

from app.service.jobs.local import run_child
from app.service.jobs.runner import JobRunner

__all__ = ["JobRunner", "run_child"]
