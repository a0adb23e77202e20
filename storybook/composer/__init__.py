"""The composer: the embedded writer, which composes a book by rule.

An **arc** is what it knows about one topic: a few storylines. A **storyline** is a whole story in
four pages that hang together, written for two or more characters or for one alone. A page is a
row of **beats**, each a choice of phrasings that are free to combine; a beat that begins with +
is told only when there are more than two characters. A **telling** fills a phrasing's slots
({a:는}, {tree}, {place:에}) for one request, and **looks** describes the cast in English for the
pictures. The seed makes every choice, so the same request and seed give the same book.
"""
