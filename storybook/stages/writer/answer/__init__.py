"""What a language model is asked for a book, and what it answers.

A **brief** is the request as a model needs it. The **answer** is one JSON object; its members are
the **sheet** (what stays the same in every picture: the place, and a card for each character) and
then the five pages, each with what is told and with its **picture** (time of day, what each
character does, the scene). Image prompts are put together here from sheet and picture, so that a
character's card stands word for word in every one of them, whatever the model does.

    {"place": "…", "cards": {"토끼": "a curious white rabbit wearing a red scarf"},
     "cover":  {"title": "…", "picture": {"time": "…", "acts": {"토끼": "happy, waving"},
                "scene": "…"}},
     "page_1": {"summary": "…", "dialogues": [{"character": "토끼", "text": "…"}],
                "picture": {…}}, … "page_4": {…}}

Whichever way a model is reached, it gets the same brief and gives the same answer.
"""
