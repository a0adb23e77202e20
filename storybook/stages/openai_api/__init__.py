"""OpenAI's protocol as servers really speak it; what the `openai` engine of each role shares.

An **endpoint** (`storybook.stages.endpoint`) is where a server is asked. What it does not take of a
request is **negotiated** field by field, and remembered for the process's life. An answer is
**read** as messages, whatever its form. A **refusal** is an answer that is no success, and its own
words say what it means. A model is **chosen** among those that are listed.

All modules here are pure: bytes and texts in, values out.
"""
