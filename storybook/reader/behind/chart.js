// The drawing of a chapter: a lane for each piece of work, opened for all that is known of it; and
// the same as a table.

import { html, nothing, svg } from "../vendor/lit-html/lit-html.js";
import { durationText } from "../measures.js";
import { engineName, pageName, whyOf, withoutSecrets, workName } from "./telling.js";
import { attemptsOf, momentOf, scaleOf, shareOf, waitedSeconds, workedSeconds } from "./timeline.js";

/** @typedef {import("../main.js").App} App */
/** @typedef {import("./timeline.js").Chapter} Chapter */
/** @typedef {import("./timeline.js").Lane} Lane */
/** @typedef {import("./timeline.js").Attempt} Attempt */
/** @typedef {import("./timeline.js").Scale} Scale */

/** The drawing's width in its own units, its height, and the least that can be seen of a bar. */
const [WIDE, HIGH, LEAST] = [1000, 20, 6];

const OUTCOMES = /** @type {const} */ ({
  waiting: "behindWaiting",
  working: "behindWorking",
  completed: "behindCompleted",
  failed: "behindFailed",
  abandoned: "behindAbandoned",
});

/** @param {App} app @param {Chapter} chapter @param {number} now where what is open ends @param {number | null} cursor the moment that is looked at */
export function chapterView(app, chapter, now, cursor) {
  const { say, language } = app;
  if (chapter.lanes.length === 0) {
    return html`<section class="chapter"><h3>${say("behindEdition", { number: chapter.edition })}</h3>
      <p>${chapter.kept ? say("behindKept", { count: chapter.kept }) : say("behindNothingYet")}</p></section>`;
  }
  const scale = scaleOf(chapter, now);
  const time = durationText(language, (scale.end - scale.start) / 1000);
  return html`<section class="chapter">
    <h3>${say("behindEditionTook", { number: chapter.edition, time })}</h3>
    ${chapter.kept ? html`<p>${say("behindKept", { count: chapter.kept })}</p>` : nothing}
    <div class="lanes ${chapter.lanes.some((it) => it.attempts.length > 1) ? "retried" : ""}">${chapter.lanes.map((lane) => laneView(app, lane, scale, now, cursor))}</div>
    <details class="as-table"><summary>${say("behindTable")}</summary>${tableView(app, chapter, now)}</details>
  </section>`;
}

/** @param {App} app @param {Lane} lane @param {Scale} scale @param {number} now @param {number | null} cursor */
function laneView(app, lane, scale, now, cursor) {
  const { say } = app;
  const last = lane.attempts[lane.attempts.length - 1];
  const more = lane.attempts.length > 1 ? ` · ${say("behindAttempts", { count: lane.attempts.length })}` : "";
  return html`<details class="lane">
    <summary>
      <span class="lane-name">${workName(say, lane.stage, lane.page, lane.language)}</span>
      <span class="lane-end ${last.outcome}">${say(OUTCOMES[last.outcome])}${more}</span>
      <svg class="bars" viewBox="0 0 ${WIDE} ${HIGH}" preserveAspectRatio="none" aria-hidden="true">
        ${lane.attempts.map((it) => bar(it, scale, now))}
        ${cursor === null || cursor < scale.start || cursor > scale.end ? nothing : svg`<line class="cursor" x1=${WIDE * shareOf(scale, cursor)} x2=${WIDE * shareOf(scale, cursor)} y1="0" y2=${HIGH}></line>`}
      </svg>
    </summary>
    ${lane.attempts.map((it) => attemptView(app, it, now))}
  </details>`;
}

/** A thin line while it waited, a bar while it was worked on, a tick for each page where there is room for it. @param {Attempt} it @param {Scale} scale @param {number} now */
function bar(it, scale, now) {
  const asked = WIDE * shareOf(scale, it.requestedAt);
  const begins = WIDE * shareOf(scale, it.startedAt ?? it.endedAt ?? now);
  const ends = WIDE * shareOf(scale, it.endedAt ?? now);
  const long = Math.max(ends - begins, LEAST);
  const tick = (/** @type {number} */ at, /** @type {string} */ kind) => svg`<line class=${kind} x1=${WIDE * shareOf(scale, at)} x2=${WIDE * shareOf(scale, at)} y1="2" y2=${HIGH - 2}></line>`;
  return svg`<rect class="wait" x=${asked} y=${HIGH / 2 - 2} width=${Math.max(begins - asked, 0)} height="4"></rect>
    ${it.startedAt === null ? nothing : svg`<rect class="work ${it.outcome}" x=${Math.min(begins, WIDE - long)} y="2" width=${long} height=${HIGH - 4}></rect>`}
    ${long > LEAST * 2 * it.written.length ? it.written.map((each) => tick(each.at, "page-written")) : nothing}
    ${it.refused.map((each) => tick(each.at, "page-refused"))}`;
}

/** All that is known of an attempt. @param {App} app @param {Attempt} it @param {number} now */
function attemptView(app, it, now) {
  const { say } = app;
  return html`<div class="attempt">
    <p class="attempt-head"><strong class=${it.outcome}>${say("behindAttempt", { number: it.attempt, outcome: say(OUTCOMES[it.outcome]) })}</strong> ${timesText(app, it, now)}</p>
    ${it.waits.map((each) => html`<p>${say("behindAwayFor", { engine: each.engine, why: withoutSecrets(each.why) })}</p>`)}
    ${it.standsInFor ? html`<p>${say("behindStandsIn", { other: it.standsInFor })}</p>` : nothing}
    <dl>
      ${pair(say("behindEngine"), it.engine ? engineName(it.engine) : "")}
      ${pair(say("behindModel"), [it.madeFrom?.model ?? it.engine?.model, it.madeFrom?.version].filter(Boolean).join(" "))}
      ${pair(say("behindSeed"), it.madeFrom?.seed ? String(it.madeFrom.seed) : "")}
      ${pair(say("behindVoices"), it.madeFrom?.voices?.join(", ") ?? "")}
      ${pair(say("behindPrompt"), it.madeFrom?.prompt ?? "")}
      ${pair(say("behindUnrepeatable"), it.madeFrom?.unrepeatable ?? "")}
      ${pair(say("behindWhy"), withoutSecrets(it.error))}
    </dl>
    ${it.written.length ? html`<p>${say("behindWrote", { pages: it.written.map((each) => pageName(say, each.page)).join(", ") })}</p>` : nothing}
    ${it.refused.map((each) => html`<p class="refused">${say("behindRefused", { page: pageName(say, each.page), why: whyOf(each.problems) })}</p>
      ${each.excerpt ? html`<dl>${pair(say("behindExcerpt"), each.excerpt)}</dl>` : nothing}`)}
  </div>`;
}

/** @param {string} name @param {string} value */
function pair(name, value) {
  return value ? html`<div><dt>${name}</dt><dd>${value}</dd></div>` : nothing;
}

/** @param {App} app @param {Attempt} it @param {number} now */
function timesText({ say, language }, it, now) {
  const [waited, worked] = [waitedSeconds(it, now), workedSeconds(it, now)];
  const values = { waited: durationText(language, waited), worked: durationText(language, worked ?? 0) };
  return say(worked === null ? "behindTimesWaited" : "behindTimes", values);
}

/** @param {App} app @param {Chapter} chapter @param {number} now */
function tableView(app, chapter, now) {
  const { say, language } = app;
  const heads = /** @type {const} */ (["behindWork", "behindTry", "behindEngine", "behindWaited", "behindWorked", "behindOutcome"]);
  const row = (/** @type {Attempt} */ it) => {
    const worked = workedSeconds(it, now);
    return html`<tr>
      <th scope="row">${workName(say, it.stage, it.page, it.language)}</th>
      <td class="number">${it.attempt}</td>
      <td>${it.engine ? engineName(it.engine) : ""}</td>
      <td class="number">${durationText(language, waitedSeconds(it, now))}</td>
      <td class="number">${worked === null ? "" : durationText(language, worked)}</td>
      <td>${say(OUTCOMES[it.outcome])}</td>
    </tr>`;
  };
  return html`<div class="scrolled" tabindex="0" role="region" aria-label=${`${say("behindTable")}, ${say("behindEdition", { number: chapter.edition })}`}>
    <table><thead><tr>${heads.map((it) => html`<th scope="col">${say(it)}</th>`)}</tr></thead>
    <tbody>${attemptsOf(chapter).map(row)}</tbody></table></div>`;
}

/** When the event was recorded that is looked at. @param {import("./timeline.js").Entry | undefined} entry */
export function cursorOf(entry) {
  return entry ? momentOf(entry.recorded_at) : null;
}
