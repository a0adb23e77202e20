"""How requests were read until there was a second reading: what `reading=1` of a run means."""
