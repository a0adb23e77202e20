// Behind the book: how it was made, the book as it was at any moment, whether the log is what it was,
// and the events as recorded.

import { withAccess } from "../access.js";
import { chapterView, cursorOf } from "../behind/chart.js";
import { EventList, eventsView } from "../behind/events.js";
import { Moment, momentView } from "../behind/moment.js";
import { chaptersOf, endOf } from "../behind/timeline.js";
import { verdictView } from "../behind/verdict.js";
import { icons } from "../icons.js";
import { loadStyle } from "../lazy_style.js";
import { sentenceFor } from "../problems.js";
import { html, nothing, render } from "../vendor/lit-html/lit-html.js";

await loadStyle("behind");

/** @typedef {import("../main.js").App} App */
/** @typedef {import("../behind/timeline.js").Entry} Entry */

/** Events that are asked for at once: the most that the server gives. */
const LOG_PAGE = 1_000;

/** @param {HTMLElement} root @param {App} app @param {import("../router.js").Place} place */
export function open(root, app, { runId, signature }) {
  const { client, say } = app;
  const leaving = new AbortController();
  const list = new EventList();
  /** @type {{entries: Entry[], isRead: boolean, fault: string, verdict: import("../api_types.js").ChainVerdict | null, noVerdict: string}} */
  const seen = { entries: [], isRead: false, fault: "", verdict: null, noVerdict: "" };
  const moment = new Moment(app, runId, draw);

  function draw() {
    if (leaving.signal.aborted) return;
    render(screen(), root);
  }

  function screen() {
    return html`<header class="top">
        <a class="button quiet" href=${app.router.address({ screen: "book", runId, signature })}>${icons.back}<span>${say("behindToBook")}</span></a>
        <h1>${say("behindTitle")}</h1>
      </header>
      <main>
        <p class="lead">${say("behindLead")}</p>
        ${seen.fault ? html`<p class="fault" role="alert">${seen.fault}</p>` : nothing}
        ${seen.isRead ? found() : seen.fault ? nothing : html`<p class="loading">${say("behindLoading")}</p>`}
      </main>`;
  }

  function found() {
    const now = Date.now();
    const chapters = chaptersOf(seen.entries);
    return html`<section aria-labelledby="behind-made">
        <h2 id="behind-made">${say("behindHowMade")}</h2>
        <p>${say("behindHowMadeLead")}</p>
        ${chapters.map((it) => chapterView(app, it, endOf(chapters, it, now), cursorOf(moment.entry)))}
      </section>
      ${momentView(app, moment)}
      ${verdictView(app, seen.verdict, seen.noVerdict)}
      ${eventsView(app, seen.entries, list, draw, see)}`;
  }

  /** Shows the book as it was after an event. @param {Entry} entry */
  function see(entry) {
    moment.go(seen.entries.indexOf(entry), 0);
    root.querySelector("#behind-moment")?.scrollIntoView();
    /** @type {HTMLElement | null} */ (root.querySelector("#behind-moment"))?.focus();
  }

  /** Reads what came since. */
  async function read() {
    let after = seen.entries.at(-1)?.position ?? 0;
    for (;;) {
      const page = await withAccess(app, () => client.log(runId, { after, limit: LOG_PAGE }));
      if (leaving.signal.aborted) return;
      seen.entries = [...seen.entries, ...page.events];
      if (page.next === null) break;
      after = page.next;
    }
    seen.isRead = true;
    moment.take(seen.entries);
  }

  async function judge() {
    try {
      seen.verdict = await client.verdict(runId);
    } catch (error) {
      seen.noVerdict = sentenceFor(say, error);
    }
    draw();
  }

  async function start() {
    try {
      await read();
      const known = seen.entries.length;
      void judge();
      for await (const message of client.follow(runId, { signal: leaving.signal })) {
        if (message.event === "update") await read();
      }
      if (!leaving.signal.aborted && seen.entries.length > known) await judge();
    } catch (error) {
      if (leaving.signal.aborted) return;
      seen.fault = sentenceFor(say, error);
      draw();
    }
  }

  app.setTitle(say("behindTitle"));
  draw();
  void start();
  return () => {
    leaving.abort();
    moment.close();
  };
}
