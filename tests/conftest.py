"""What all tests share."""

from hypothesis import settings

# Nothing is timed: the first call of a compiled kernel takes seconds. The same examples every time,
# so that a change is judged by what it does and not by its luck.
settings.register_profile("placarde", deadline=None, derandomize=True)
settings.load_profile("placarde")
