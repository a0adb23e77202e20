"""The languages of books: everything about a book that depends on its language, one object each.

A **language** (`language.Language`) has how its words are spelled, what a model writer is told and
how long it may write, how a character is called in it, what is wrong with a page that only who
knows the language can see, how a narrator is given its words and a transcriber's are understood,
and what a book's own page says. `known.LANGUAGES` has them all; `language_of` finds one by a tag,
and gives for every other tag a language of which nothing is known.

Korean (`ko`) and English (`en`) are the first two. To add one is one more object
(docs/languages.md).
"""
