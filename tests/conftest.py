"""A property may take its time on a busy machine: what must be fast is measured in CPU time where it is tested.

Where ``CI`` is set, Hypothesis loads a profile of its own, without deadline and without chance.
"""

import os

from hypothesis import settings

if "CI" not in os.environ:
    settings.register_profile("house", deadline=None)
    settings.load_profile("house")
