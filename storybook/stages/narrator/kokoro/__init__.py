"""The kokoro narrator: a neural voice that fits any machine, with the project's own Korean.

Kokoro-82M is made for other languages. It speaks signs of the phonetic alphabet, and those it has
for others are nearly all that Korean needs: so Korean is written as it sounds
(`storybook.korean.sounds`) and each letter as the sign nearest to it (`signs`). What comes out is
understood, with an accent.

`engine` is the narrator; `folder` finds the model's folder; `voices` makes the ten voices out of
five that come with the model; `model` is the model in memory, in processes of its own that give way
to all others: a book's pictures do not wait for its voice.
"""
