"""Which portrait goes on which face in which period."""
