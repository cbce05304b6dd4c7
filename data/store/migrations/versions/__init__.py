"""The steps, by number; one that has been released is never changed."""
