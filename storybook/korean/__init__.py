"""The Korean language: which particle follows a word, and how numbers and signs are read aloud.

A **particle** (은/는, 이/가 …) takes its form from the last sound of the word before it
(`particles`). A **pronunciation** is the spoken form of what is written with digits, Latin letters
and signs (`pronunciation`, by rules that are applied as `rewriting` says); Chinese characters and
Latin words have readings of their own (`hanja`, `latin`). What is read **sounds** otherwise than it
is spelled (`sounds`), and voices that know no Korean, or some, are told so in spellings of their
own (`kokoro`, `espeak`).
"""
