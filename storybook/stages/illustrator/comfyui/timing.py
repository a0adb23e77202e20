"""How long things are waited for, in seconds. Tests give shorter times; users need none of them."""

from __future__ import annotations

import msgspec


class ComfyTiming(msgspec.Struct, frozen=True):
    """Every interval of the ComfyUI illustrator, in seconds."""

    glance: float = 2.0
    """An answer when only asking whether a server is there: it takes 5 ms even while it samples."""
    request: float = 15.0
    """An answer otherwise: 0.25 s was the longest measured, while saving 8192 × 8192 pixels."""
    download: float = 120.0
    """A picture: up to 136 MB were measured."""
    silence: float = 10.0
    """A websocket that says nothing for so long is doubted: look at the history, open it anew."""
    ping: float = 20.0
    """How often, and for how long, a websocket is asked whether it lives; the server never asks."""
    close: float = 1.0
    """A websocket's closing. It must be closed before another opens, or the other stays deaf."""
    poll: float = 2.0
    """How often the history is looked at while there is no websocket at all."""
    look_again: float = 0.3
    """Between two looks when one is not believed: ended but still in the queue, or lost."""
    gone: float = 5.0
    """A server that stops answering while it has our prompt; after that the work waits for it, and
    what it has finished meanwhile is adopted. It is busy for less, even while a model loads."""
    unworked: float = 30.0
    """A queue in which nothing runs: between two prompts that lasts milliseconds."""
    hang: float = 600.0
    """A prompt that runs without a sign: loading a big model from a slow disk takes minutes."""
    withdraw: float = 15.0
    """Taking a prompt back: an interrupt waits for the node, 8.5 s while a model is loading."""
    back_off: float = 1.0
    """How long a server that failed is first left out; doubled each time it fails again."""
    back_off_limit: float = 60.0
    """The longest that a server is left out before it is tried again."""
    start: float = 180.0
    """From starting ComfyUI to its first answer: 5 to 10 s, and minutes with many node packs."""
    stop: float = 5.0
    """From asking a launched ComfyUI to stop to killing it: it was gone in 0.2 to 1.4 s."""
