"""Asks storybook for a book and follows it to its end, however often the connection is lost.

    python resume_client.py --cut-after 2          # hangs up once, after two messages
    python resume_client.py --run RUN --after 41   # goes on with a book after message 41

What a client has to know (docs/api.md, "Progress stream"):

- **cursor**: the id of the last `update` that was dealt with. It is sent as `Last-Event-ID`, and
  the server goes on right after it: nothing is lost, nothing comes twice. `0` is the start.
- **keepalive**: comes without an id when nothing else has come for 15 s. Only silence that is much
  longer means that the connection is dead.
- **retry**: milliseconds to wait before coming back, also when the server has no stream to spare.
- **reset**: the cursor is of a log that this server no longer has (it came back from a backup).
  Forget what was shown; the present state follows.
- **204**: the book has ended, and the cursor is at its last message. Do not come back.
"""

import argparse
import json
import sys
import time
import uuid
from collections.abc import Iterator

import httpx

WORDS = {
    "era_ko": "조선시대",
    "place_ko": "깊은 숲속 마을",
    "characters_ko": "호기심 많은 토끼, 겁 많은 호랑이",
    "topic_ko": "우정",
}
ENDED = {"DONE", "FAILED", "CANCELLED"}
SILENCE_SECONDS = 40.0  # more than two keepalives


def messages(answer: httpx.Response) -> Iterator[dict[str, str]]:
    """The messages of an open stream, each as its fields; one that was cut off is left out."""
    fields: dict[str, str] = {}
    for line in answer.iter_lines():
        if line:
            name, _, value = line.partition(":")
            fields[name] = value.removeprefix(" ")
        elif fields:
            yield fields
            fields = {}


def follow(client: httpx.Client, run: str, cursor: str, cut_after: int) -> None:
    """Print every `update` until the book has ended."""
    wait, seen, ended = 2.0, 0, False
    while not ended:
        try:
            headers = {"Last-Event-ID": cursor}
            with client.stream("GET", f"/api/runs/{run}/events", headers=headers) as answer:
                if answer.status_code == 204:
                    return
                if answer.is_server_error:
                    raise httpx.TransportError(f"it answered {answer.status_code}")
                answer.raise_for_status()
                for message in messages(answer):
                    wait = int(message.get("retry", wait * 1000)) / 1000
                    if message.get("event") == "reset":
                        print("reset", flush=True)
                    if message.get("event") == "update":
                        print(message["id"], message["data"], flush=True)
                        cursor, seen = message["id"], seen + 1
                        ended = json.loads(message["data"])["status"] in ENDED
                        if seen == cut_after:
                            break  # leaving the block closes the connection
        except httpx.TransportError as lost:
            print(f"lost the connection: {lost!r}", file=sys.stderr)
        if not ended:
            print(f"coming back after {cursor} in {wait} s", file=sys.stderr)
            time.sleep(wait)


def main() -> None:
    options = argparse.ArgumentParser(description="Ask for a book and follow it to its end.")
    options.add_argument("--url", default="http://127.0.0.1:8000")
    options.add_argument("--run", help="follow this book, and ask for none")
    options.add_argument("--after", default="0", help="the last message that was dealt with")
    options.add_argument("--cut-after", type=int, default=-1, help="hang up once, after so many")
    given = options.parse_args()
    with httpx.Client(base_url=given.url, timeout=SILENCE_SECONDS) as client:
        run = given.run
        if not run:
            # With a key of its own, a request whose answer was lost may be sent again.
            key = {"Idempotency-Key": str(uuid.uuid4())}
            asked = client.post("/api/runs", json=WORDS, headers=key).raise_for_status()
            run = asked.json()["run_id"]
        follow(client, run, given.after, given.cut_after)
        state = client.get(f"/api/runs/{run}").raise_for_status().json()
    print(json.dumps({"run_id": run, **state}, ensure_ascii=False))


if __name__ == "__main__":
    main()
