"""The API as a client."""
