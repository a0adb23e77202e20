"""The websocket of one prompt, kept open.

Its client id is the prompt's own id, so that two never share one, and whoever adopts the prompt
after a restart hears of it too. It is opened before the prompt is posted. When it is silent for
long it may be deaf (a server forgets a client whose older websocket closes late, and a client that
does not read stalls all others), so it is closed, waited for, and opened anew; and each time, the
history is to be looked at.
"""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING, Final

import anyio

from storybook.engines import PaintingReport
from storybook.notifier import Notifier
from storybook.stages.addresses import AccessFault
from storybook.stages.credentials import ServerAccess
from storybook.stages.illustrator.comfyui.progress import FEATURES, HeardMessage, PromptProgress
from storybook.stages.illustrator.comfyui.timing import ComfyTiming

if TYPE_CHECKING:
    from websockets.asyncio.client import ClientConnection

logger = logging.getLogger(__name__)
wire_log = logger.getChild("wire")
wire_log.setLevel(logging.INFO)
"""What the library says of each websocket: with less it would log every header, keys and all."""

MESSAGE_BYTES: Final = 256 * 1024 * 1024
"""The longest message: pictures come through the websocket too, and the library's own limit of
1 MiB would close it."""

MOST_SILENCES: Final = 3
"""How often the patience with a silent websocket is doubled."""

MOST_DOUBLINGS: Final = 5
"""How often the pause before the next try to open one is doubled."""


class Listener:
    """Listens for one prompt. `look` rings when its history may have changed."""

    def __init__(
        self,
        access: ServerAccess,
        prompt_id: str,
        progress: PromptProgress,
        timing: ComfyTiming,
        report: PaintingReport,
    ) -> None:
        self._access = access
        self.address = access.websocket_url("/ws", {"clientId": prompt_id})
        self._progress, self._timing, self._report = progress, timing, report
        self.look = Notifier()
        self.tried = anyio.Event()
        """Set when it is open, or the first try to open it has failed."""
        self.is_open = False
        self.heard_at = 0.0
        """When the prompt last gave a sign, on the event loop's clock."""

    async def listen(self) -> None:
        """Keep listening until cancelled."""
        from websockets.exceptions import WebSocketException

        silences = failures = 0
        while True:
            try:
                silences, failures = await self._listen_once(silences), 0
            except (OSError, WebSocketException, TimeoutError, AccessFault) as error:
                why = self._access.hide(str(error))
                logger.info("%s: no websocket: %s", self._access.url, why)
                failures = min(failures + 1, MOST_DOUBLINGS)
            self.tried.set()
            self.look.notify()
            await anyio.sleep(self._timing.look_again * 2**failures)

    async def _listen_once(self, silences: int) -> int:
        """Listen until the websocket falls silent or drops. Returns how many times in a row it has
        been silent, each of which doubles the next one's patience."""
        websocket = await self._connect()
        try:
            await websocket.send(FEATURES)
            self.is_open = True
            self.tried.set()
            patience = self._timing.silence * 2 ** min(silences, MOST_SILENCES)
            return 0 if await self._until_silent(websocket, patience) else silences + 1
        finally:
            self.is_open = False
            with anyio.CancelScope(shield=True):  # bounded by `close_timeout`
                await websocket.close()

    async def _connect(self) -> ClientConnection:
        from websockets.asyncio.client import connect

        class ConnectHere(connect):
            """Follows no redirect: it would take the key along, in headers that are no
            `Authorization`."""

            def process_redirect(self, exc: Exception) -> Exception:
                return exc

        return await ConnectHere(
            self.address,
            additional_headers=self._access.headers(),
            ssl=self._access.tls(),
            logger=wire_log,
            proxy=None,
            max_size=MESSAGE_BYTES,
            open_timeout=self._timing.request,
            close_timeout=self._timing.close,
            ping_interval=self._timing.ping,
            ping_timeout=self._timing.ping,
        )

    async def _until_silent(self, websocket: ClientConnection, patience: float) -> bool:
        """Take in messages until none comes for so long; whether any told of our prompt."""
        has_signs = False
        while True:
            with anyio.move_on_after(patience) as silence:
                message = await websocket.recv()
            if silence.cancelled_caught:
                return has_signs
            heard = self._progress.hear(message)
            if heard is not HeardMessage.NOTHING:
                has_signs = True
                self.heard_at = anyio.current_time()
                self._report(self._progress.fraction, self._progress.preview)
            if heard is HeardMessage.LOOK:
                self.look.notify()
