// Two ways to follow a book in JavaScript, in a page as in Node. Each calls `note([id, data])` for
// every change, and is fulfilled at the book's end.
const ENDED = ["DONE", "FAILED", "CANCELLED"];
const hasEnded = (data) => ENDED.includes(JSON.parse(data).status);

// As a page does that leaves everything to the browser. At a 502 EventSource gives up for good, and
// Node 20's also where nobody listens, without an event that says so: `opensAnew` tells whether
// another one is opened then.
function byEventSource({ url, after, opensAnew }, note) {
  return new Promise((done, failed) => {
    const events = new EventSource(`${url}&last_event_id=${after}`);
    const watch = setInterval(() => {
      if (events.readyState !== EventSource.CLOSED) return;
      clearInterval(watch);
      if (!opensAnew) return failed(new Error("EventSource gave up"));
      byEventSource({ url, after, opensAnew }, note).then(done, failed);
    }, 200);
    events.addEventListener("update", (it) => {
      note([it.lastEventId, it.data]);
      after = it.lastEventId;
      if (!hasEnded(it.data)) return;
      clearInterval(watch);
      events.close();
      done();
    });
  });
}

// As a client does that reads the body itself, and comes back when it ends.
async function byFetch({ url, after, headers }, note) {
  for (;;) {
    try {
      const answer = await fetch(url, { headers: { ...headers, "Last-Event-ID": after } });
      if (!answer.ok) throw new Error(`it answered ${answer.status}`);
      let unread = "";
      for (const reader = answer.body.pipeThrough(new TextDecoderStream()).getReader(); ; ) {
        const { value, done } = await reader.read();
        if (done) break;
        const blocks = (unread + value).split("\n\n");
        unread = blocks.pop();
        for (const block of blocks) {
          const it = Object.fromEntries(block.split("\n").map((line) => line.split(/: (.*)/)));
          if (it.event !== "update") continue;
          note([it.id, it.data]);
          after = it.id;
          if (hasEnded(it.data)) return;
        }
      }
    } catch {
      // cut off, refused, or 502
    }
    await new Promise((later) => setTimeout(later, 200));
  }
}
