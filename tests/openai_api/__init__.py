"""OpenAI's protocol as servers really speak it: a double, and the table of what it can do."""
