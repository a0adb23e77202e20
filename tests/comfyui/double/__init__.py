"""A double of ComfyUI for tests, built from recordings of a real one.

`ComfyDouble().serving()` is a server on a free port: HTTP and websocket, a queue with a worker,
a history, files, a cache. `faults` tells it what to do wrong. `test_double.py` plays the recorded
requests to it and holds its answers and its websocket's messages against the recorded ones.
"""

from tests.comfyui.double.comfy import ComfyDouble

__all__ = ["ComfyDouble"]
