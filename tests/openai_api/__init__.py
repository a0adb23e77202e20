"""OpenAI's protocol as servers really speak it: a double that behaves in each way, and the table."""
