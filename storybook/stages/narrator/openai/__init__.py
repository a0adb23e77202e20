"""The narrator behind an OpenAI-compatible endpoint."""
