// For whoever looks after the server: engines, queue, outages, disk, backup, parked books, and the log.

import { withAccess } from "../access.js";
import { ApiError, Unreachable } from "../client.js";
import { icons } from "../icons.js";
import { timeText } from "../measures.js";
import { backupView, diskView, enginesView, outagesView, parkedView, queueView, summaryView } from "../operate/panels.js";
import { LogTail, tailView } from "../operate/tail.js";
import { loadStyle } from "../lazy_style.js";
import { sentenceFor } from "../problems.js";
import { html, render } from "../vendor/lit-html/lit-html.js";

await loadStyle("behind");
await loadStyle("operate");

/** @typedef {import("../main.js").App} App */

/** How often the server is asked while the page is looked at, in milliseconds. */
const ASKED_EVERY_MS = 5_000;
/** How often it is asked for its engines: it looks at each, and some take seconds to answer. */
const ENGINES_EVERY_MS = 30_000;
/** For how long the first drawing waits for the engines, in milliseconds: mostly they are all there at once. */
const FIRST_WAIT_MS = 1_500;

/** @param {HTMLElement} root @param {App} app */
export function open(root, app) {
  const { client, say, language } = app;
  const tail = new LogTail(app, draw);
  let isClosed = false;
  let enginesAskedAt = -Infinity;
  /** @type {ReturnType<typeof setTimeout> | undefined} */
  let timer;
  /** @type {{status: import("../api_types.js").OperateStatus | null, engines: import("../api_types.js").EngineTable | null, fault: string, isAway: boolean}} */
  const seen = { status: null, engines: null, fault: "", isAway: false };

  function draw() {
    if (!isClosed) render(screen(), root);
  }

  function screen() {
    return html`<header class="top">
        <a class="button quiet" href=${app.router.address({ screen: "shelf" })}>${icons.back}<span>${say("toShelf")}</span></a>
        <h1>${say("operateTitle")}</h1>
      </header>
      <main>
        ${seen.fault ? refused() : seen.status ? panels(seen.status) : html`<p class="loading">${say("operateLoading")}</p>`}
      </main>`;
  }

  function refused() {
    return html`<div class="refused paper"><p role="alert">${seen.fault}</p><p><button type="button" class="primary" @click=${again}>${say("operateAgain")}</button></p></div>`;
  }

  /** @param {import("../api_types.js").OperateStatus} status */
  function panels(status) {
    const time = timeText(language, Date.parse(status.now));
    return html`<p class="lead">${say("operateLead")}</p>
      <p class="as-of">${seen.isAway ? html`<span class="fault">${say("operateStale", { time })}</span>` : say("operateAsOf", { time, version: status.version })}</p>
      ${summaryView(app, status)}
      <div class="panels">
        ${enginesView(app, seen.engines, status)} ${queueView(app, status)}
        <div class="side">${outagesView(app, status)} ${parkedView(app, status)} ${backupView(app, status)} ${diskView(app, status)}</div>
      </div>
      ${tailView(app, tail)}`;
  }

  function again() {
    seen.fault = "";
    draw();
    void ask();
  }

  /** Asks how the server does, and again in a while. */
  async function ask() {
    clearTimeout(timer);
    try {
      if (document.visibilityState === "visible") await look();
    } catch (error) {
      if (isClosed) return;
      const passes = error instanceof Unreachable || (error instanceof ApiError && error.status >= 500);
      if (!passes || !seen.status) {
        seen.fault = toldOf(error);
        return draw();
      }
      seen.isAway = true;
      draw();
    }
    if (!isClosed) timer = setTimeout(() => void ask(), ASKED_EVERY_MS);
  }

  async function look() {
    const isFirst = seen.status === null;
    const status = await withAccess(app, () => client.operateStatus());
    if (isClosed) return;
    const looking = lookAtEngines();
    looking.catch(() => {}); // whoever waits for it below is told; nobody does once the page is left
    if (isFirst) await Promise.race([looking, new Promise((resolve) => setTimeout(resolve, FIRST_WAIT_MS))]);
    if (isClosed) return;
    Object.assign(seen, { status, isAway: false });
    if (isFirst) tail.begin(status.log_end);
    draw();
    await looking;
  }

  async function lookAtEngines() {
    if (performance.now() - enginesAskedAt < ENGINES_EVERY_MS) return;
    enginesAskedAt = performance.now();
    seen.engines = await client.engines();
    draw();
  }

  /** Why nothing is shown. @param {unknown} error */
  function toldOf(error) {
    if (error instanceof ApiError && error.status === 403) return say(/without tokens/.test(error.message) ? "operateHereOnly" : "operateNeedsToken");
    if (error instanceof ApiError && error.status === 401) return say("operateNeedsToken");
    return sentenceFor(say, error);
  }

  const looked = () => void (document.visibilityState === "visible" && !seen.fault && ask());
  document.addEventListener("visibilitychange", looked);
  app.setTitle(say("operateTitle"));
  draw();
  void ask();
  return () => {
    isClosed = true;
    clearTimeout(timer);
    document.removeEventListener("visibilitychange", looked);
    tail.close();
  };
}
