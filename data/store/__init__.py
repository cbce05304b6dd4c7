"""The store behind the API: campaigns, plans, jobs, keys and the audit trail, in SQL.

`open_store` is the door; the modules beside it each hold the functions on one thing. Every function
takes a transaction that `Store.read` or `Store.write` opened, and none commits on its own: what
belongs together is written together or not at all.
"""

from data.store.engine import Store, StoreUnavailableError, Tx, open_store

__all__ = ["Store", "StoreUnavailableError", "Tx", "open_store"]
