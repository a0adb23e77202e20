"""The writer behind an OpenAI-compatible endpoint."""
