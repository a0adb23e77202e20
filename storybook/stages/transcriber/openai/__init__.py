"""The transcriber behind an OpenAI-compatible endpoint."""
