"""What the tests of the store share."""

from tests.stores import cluster, empty_url, store, store_url

__all__ = ["cluster", "empty_url", "store", "store_url"]
