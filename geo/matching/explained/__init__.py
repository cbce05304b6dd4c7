"""Why: of a posting, of an idle face, of what an agent gets, of what fell short.

Everything is worked out again from a problem and its allocation; no state of a solver is needed.
"""
