"""The kokoro narrator: a neural voice that fits any machine, with the project's own Korean.

Kokoro-82M is made for other languages. It speaks signs of the phonetic alphabet (`signs`), and what
it has for those is nearly all that Korean needs: so each letter is given as the sign nearest to
what it sounds like (`storybook.korean.kokoro`). What comes out is understood, with an accent. It
speaks the languages that say how they are spelled for it.

`engine` is the narrator; `folder` finds the model's folder; `voices` makes the ten voices out of
five that come with the model; `model` is the model in memory, in processes of its own that give way
to all others: a book's pictures do not wait for its voice.
"""
