"""The supertonic narrator: a neural voice on this machine, from a model that the user puts there.

`engine` is the narrator; `folder` finds the model's folder and says what it is or what it lacks;
`model` is the model in memory: text in, sound out, the same for the same seed.
"""
