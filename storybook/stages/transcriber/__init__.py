"""Speech to text: a recording becomes one of the four words of a book.

A **recording** is what a browser sends; a **clip** is the plain sound in it. The way from one to
the other is a guard that nothing broken or malicious passes (`audio`, `container`, `decoder`). An
**engine** turns a clip into what it **heard** (`whisper`, `openai`), which is weighed into a
transcript by how sure it is (`confidence`). A **field** is one of the four questions, and the
answer to it is found in the transcript (`fields`; what may be taken off a name, `names`) and
weighed once more by how much of it is known words (`plausible`). `spoken_field` does all of it.
"""
