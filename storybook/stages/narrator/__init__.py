"""Narrators: who reads a page aloud.

A page's text is cut into **utterances** (`utterances`), each a sentence in one voice. A narrator
turns each into a **piece** of sound, and `audio` joins the pieces into one narration: evenly loud,
with a pause between them, each piece's start and end known to the sample. `narration` is what all
of them do with a task before and after. So what an engine adds of its own is only how a sentence
becomes sound: `espeak` by rule, `supertonic` by a model here, `openai` by a server elsewhere.
"""
