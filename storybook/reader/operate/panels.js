// What the server says of itself, a panel each.

import { workName } from "../behind/telling.js";
import { durationText, numberText, sizeText, timeText } from "../measures.js";
import { html, nothing } from "../vendor/lit-html/lit-html.js";

/** @typedef {import("../main.js").App} App */
/** @typedef {import("../api_types.js").OperateStatus} OperateStatus */
/** @typedef {import("../api_types.js").EngineTable} EngineTable */
/** @typedef {import("../api_types.js").EngineState} EngineState */

/** A backup that is older than this is to be made anew, in seconds. */
const BACKUP_OLD_SECONDS = 86_400;

const ROLES = /** @type {const} */ ({
  writer: "operateRoleWriter",
  illustrator: "operateRoleIllustrator",
  narrator: "operateRoleNarrator",
  transcriber: "operateRoleTranscriber",
});

/** @param {unknown} heading @param {string} name @param {unknown} content */
function panel(heading, name, content) {
  return html`<section class="panel paper ${name}" aria-labelledby="operate-${name}"><h2 id="operate-${name}">${heading}</h2>${content}</section>`;
}

/** @param {[string, unknown][]} facts */
function facts(facts) {
  return html`<dl>${facts.map(([name, value]) => html`<div><dt>${name}</dt><dd>${value}</dd></div>`)}</dl>`;
}

/** Whether all is well, and what is not. @param {App} app @param {OperateStatus} it */
export function summaryView({ say }, { reasons }) {
  if (reasons.length === 0) return html`<p class="summary fine">${say("operateFine")}</p>`;
  return html`<div class="summary trouble"><p>${say("operateTrouble", { count: reasons.length })}</p><ul>${reasons.map((reason) => html`<li lang="en">${reason}</li>`)}</ul></div>`;
}

/** @param {App} app @param {EngineTable | null} engines null until they were looked at @param {OperateStatus} status */
export function enginesView({ say }, engines, { away }) {
  if (!engines) return panel(say("operateEngines"), "engines", html`<p class="loading">${say("operateLoading")}</p>`);
  const names = new Set(away.map((it) => it.engine));
  const engine = (/** @type {keyof typeof ROLES} */ role) => {
    const it = engines[role];
    const state = names.has(it.engine) ? "away" : it.ready ? "ready" : "lacking";
    const told = { away: say("operateIsAway"), ready: say("operateReady"), lacking: say("operateNotReady") };
    return html`<li>
      <h3>${say(ROLES[role])}</h3>
      <p><strong>${it.engine}</strong> ${it.version} <span class="state ${state}">${told[state]}</span></p>
      <p class="small">${say("operateConfigured")}: ${it.configured}${it.model ? html` · ${say("operateModel", { model: it.model })}` : nothing}${it.device ? ` · ${it.device}` : nothing}</p>
      ${it.why ? html`<p class="fault" lang="en">${it.why}</p>` : nothing}
      ${it.mend ? html`<p><span class="small">${say("operateMend")}</span> <span lang="en">${it.mend}</span></p>` : nothing}
    </li>`;
  };
  return panel(say("operateEngines"), "engines", html`<ul class="list">${/** @type {(keyof typeof ROLES)[]} */ (Object.keys(ROLES)).map(engine)}</ul>`);
}

/** @param {App} app @param {OperateStatus} it */
export function queueView(app, it) {
  const { say, language } = app;
  const { books, roles } = it.throughput;
  const counted = /** @type {[string, unknown][]} */ ([
    [say("operateOpenRuns"), numberText(language, it.open_runs)],
    [say("operateDone"), numberText(language, books.DONE)],
    [say("operateFailedBooks"), numberText(language, books.FAILED)],
    [say("operateCancelledBooks"), numberText(language, books.CANCELLED)],
    [say("operateStreams"), numberText(language, it.streams)],
  ]);
  const seconds = (/** @type {number | null} */ value) => (value === null ? "–" : durationText(language, value));
  return panel(
    say("operateQueue"),
    "queue",
    html`${it.takes_work ? nothing : html`<p class="fault">${say("operateReadOnly")}</p>`}
      ${facts(counted)}
      ${it.queue.length === 0
        ? html`<p>${say("operateNothingQueued")}</p>`
        : table(app, "operateQueue", [say("operateStage"), say("operateWaiting"), say("operateOldest"), say("operateInHand")],
            it.queue.map((each) => [stageName(app, each.stage), each.waiting, seconds(each.oldest_seconds), each.in_hand]))}
      ${table(app, "operateQueue", [say("operateRole"), say("operateLastHour"), say("operateLastDay"), say("operateUsual"), say("operatePlaces")],
        roles.map((each) => [say(ROLES[/** @type {keyof typeof ROLES} */ (each.role)]), each.last_hour, each.last_day, seconds(each.usual_seconds), each.places ?? "–"]))}`,
  );
}

/** The name of a stage, of whatever page. @param {App} app @param {string} stage */
function stageName({ say }, stage) {
  if (stage === "LLM") return say("operateRoleWriter");
  if (stage === "TTS") return say("operateRoleNarrator");
  return workName(say, stage, stage === "COVER" ? 0 : Number(stage.replace("PANEL_", "")));
}

/** @param {App} app @param {"operateQueue"} name @param {string[]} heads @param {unknown[][]} rows */
function table({ say }, name, heads, rows) {
  return html`<div class="scrolled" tabindex="0" role="region" aria-label=${`${say(name)}: ${heads[0]}`}><table>
    <thead><tr>${heads.map((it) => html`<th scope="col">${it}</th>`)}</tr></thead>
    <tbody>${rows.map(([first, ...rest]) => html`<tr><th scope="row">${first}</th>${rest.map((it) => html`<td class="number">${it}</td>`)}</tr>`)}</tbody>
  </table></div>`;
}

/** @param {App} app @param {OperateStatus} it */
export function outagesView({ say, language }, { away }) {
  if (away.length === 0) return panel(say("operateOutages"), "outages", html`<p>${say("operateNoOutage")}</p>`);
  const one = (/** @type {OperateStatus["away"][number]} */ it) => html`<li>
    <p><strong>${say("operateAwayNow", { engine: it.engine, count: it.waiting })}</strong> ${it.since ? say("operateSince", { time: timeText(language, Date.parse(it.since)) }) : nothing}</p>
    <p class="fault">${it.why || say("operateNotLooked")}</p>
    ${it.mend ? html`<p><span class="small">${say("operateMend")}</span> <span lang="en">${it.mend}</span></p>` : nothing}
  </li>`;
  return panel(say("operateOutages"), "outages", html`<ul class="list">${away.map(one)}</ul>`);
}

/** @param {App} app @param {OperateStatus} it */
export function diskView({ say, language }, { disk, followers, log_end }) {
  const behind = followers.filter((it) => it.behind > 0);
  const told = disk
    ? facts([
        [say("operateFree"), html`<span class=${disk.free_bytes < disk.wanted_bytes ? "fault" : ""}>${sizeText(language, disk.free_bytes)}</span>`],
        [say("operateWanted"), sizeText(language, disk.wanted_bytes)],
        [say("operateLogSize"), sizeText(language, disk.log_bytes)],
        [say("operateLogEnd"), numberText(language, log_end)],
      ])
    : html`<p class="fault">${say("operateNoDisk")}</p>`;
  const following = behind.length
    ? html`<ul>${behind.map((it) => html`<li>${say("operateBehindBy", { name: it.name, count: it.behind })}</li>`)}</ul>`
    : html`<p class="small">${say("operateKeepsUp", { count: followers.length })}</p>`;
  return panel(say("operateDisk"), "disk", html`${told}${following}`);
}

/** @param {App} app @param {OperateStatus} it */
export function backupView({ say, language }, { backup }) {
  if (!backup) return panel(say("operateBackup"), "backup", html`<p class="fault">${say("operateNoBackup")}</p>`);
  const isOld = backup.age_seconds > BACKUP_OLD_SECONDS;
  return panel(
    say("operateBackup"),
    "backup",
    html`<p class="large">${say("operateBackupAge", { age: durationText(language, backup.age_seconds) })}</p>
      ${isOld ? html`<p class="fault">${say("operateBackupOld")}</p>` : nothing}
      ${backup.missing ? html`<p class="fault">${say("operateBackupMissing", { count: backup.missing })}</p>` : nothing}
      ${facts([
        [say("operateTime"), timeText(language, Date.parse(backup.made_at))],
        [say("operateBackupHead"), html`<code>${backup.head}</code>`],
      ])}`,
  );
}

/** @param {App} app @param {OperateStatus} it */
export function parkedView({ say, router }, { parked, parked_runs }) {
  if (parked.length === 0) return panel(say("operateParked"), "parked", html`<p>${say("operateNoParked")}</p>`);
  const one = (/** @type {OperateStatus["parked"][number]} */ it) => html`<li>
    <p><a href=${router.address({ screen: "behind", runId: it.run_id })}><code>${it.run_id}</code></a></p>
    <p class="fault">${say("operateParkedAt", it)}</p>
    <p><span class="small">${say("operateMend")}</span> <span lang="en">${it.mend}</span></p>
  </li>`;
  const more = parked_runs - parked.length;
  return panel(say("operateParked"), "parked", html`<ul class="list">${parked.map(one)}</ul>${more > 0 ? html`<p>${say("operateParkedMore", { count: more })}</p>` : nothing}`);
}
