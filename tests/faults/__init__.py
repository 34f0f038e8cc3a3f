"""An upstream that misbehaves by script, and what must come of each script."""
