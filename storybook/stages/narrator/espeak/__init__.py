"""The espeak narrator: Korean speech on any machine, with no model and no system package.

`engine` is the narrator; `speak` is the program that speaks, run once for each narration; `voices`
makes the ten voices out of eSpeak NG's variants. How Korean is spelled so that it is pronounced
right is told in `storybook.korean.espeak`.
"""
