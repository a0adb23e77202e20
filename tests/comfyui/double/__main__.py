"""The double as a process of its own, for tests that launch and stop one.

`python -m tests.comfyui.double PORT [FILE]` serves until it is stopped. If FILE is named and not
there, it is made, and this time the worker is dead.
"""

from __future__ import annotations

import sys

import anyio

from tests.comfyui.double import ComfyDouble


async def main(port: int, marker: str = "") -> None:
    double = ComfyDouble()
    double.listen_on(port)
    async with double.serving():
        if marker and not await anyio.Path(marker).exists():
            await anyio.Path(marker).touch()
            double.kill_worker()
        print(f"Starting server on port {port}", flush=True)
        await anyio.sleep_forever()


if __name__ == "__main__":
    anyio.run(main, int(sys.argv[1]), "".join(sys.argv[2:3]))
