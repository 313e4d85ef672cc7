"""What holds for every test: a slow machine fails none of Hypothesis's examples."""

import hypothesis

hypothesis.settings.register_profile("any machine", deadline=None)
hypothesis.settings.load_profile("any machine")
