"""Small random samples: the unit tests together stay below two seconds, and leave nothing on the disk."""

from hypothesis import settings

settings.register_profile("small", max_examples=30, deadline=None, database=None)
settings.load_profile("small")
