"""The reader: its modules under Node, and its screens in a real browser on a running server."""
