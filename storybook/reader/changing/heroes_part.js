// The heroes of a book: kept for other books, or in a new story at once; and the same story in
// another style.

import { ask } from "../dialogs.js";
import { faceTemplate } from "../face.js";
import { shownFace } from "../face_place.js";
import { icons } from "../icons.js";
import { html, nothing } from "../vendor/lit-html/lit-html.js";

/** @typedef {import("./view.js").View} View */
/** @typedef {import("../api_types.js").CastMember} Hero */

/** Styles that have a name of their own in the page's languages; others are shown as the painter names them. */
const STYLES = /** @type {const} */ ({ watercolor: "changeStyleWatercolor" });

/** @param {View} view */
export function heroesPart(view) {
  const { app, runId, cast } = view;
  const { say, router } = app;
  return html`<div class="cards">
    <section class="card paper">
      <h2>${say("changeHeroesHeading")}</h2>
      <p>${say("changeHeroesHint")}</p>
      <ul class="heroes">${cast.map((it) => heroTemplate(view, it))}</ul>
      <div class="actions"><a class="button second" href="${router.address({ screen: "make" })}?based_on=${runId}&keep=cast">${icons.heart}${say("shelfSameHeroes")}</a></div>
    </section>
    ${styleCard(view)}
  </div>`;
}

/** @param {View} view @param {Hero} hero */
function heroTemplate({ app, runId, cast, state, saved, keep }, hero) {
  const { say } = app;
  const kept = saved.find((it) => it.run_id === runId && it.character.name === hero.name);
  const save = async () => {
    const name = await nameFor(app, hero.name, saved.map((it) => it.name));
    if (name) await keep(name, hero.name);
  };
  return html`<li>
    ${faceTemplate(shownFace(hero, (it) => app.client.address(it)), hero.called || hero.name)}
    <p><strong>${hero.name}</strong>${hero.description ? html`<br>${hero.description}` : nothing}</p>
    ${kept ? html`<p class="kept">${icons.heart}${say("changeHeroKept", { name: kept.name })}</p>` : html`<button type="button" class="quiet" @click=${() => void save()}>${icons.heart}${say("changeHeroKeep")}<span class="unseen"> ${hero.name}</span></button>`}
  </li>`;
}

/** Under which name a hero is kept; null if not at all. @param {import("../main.js").App} app @param {string} usual @param {string[]} taken @returns {Promise<string | null>} */
function nameFor({ say }, usual, taken) {
  let name = usual;
  return ask(say("changeHeroKeep"), (/** @type {(it: string | null) => void} */ close, redraw) => {
    const send = (/** @type {Event} */ event) => {
      event.preventDefault();
      close(name.trim());
    };
    return html`<form @submit=${send}>
      <h2>${say("changeHeroKeep")}</h2>
      <label for="change-hero">${say("changeHeroName")}</label>
      <input id="change-hero" type="text" required maxlength="40" .value=${name} @input=${(/** @type {any} */ it) => ((name = it.target.value), redraw())}>
      <p role="status">${taken.includes(name.trim()) ? say("changeHeroTaken", { name: name.trim() }) : ""}</p>
      <div class="actions">
        <button type="button" class="quiet" @click=${() => close(null)}>${say("cancel")}</button>
        <button class="primary">${say("changeHeroKeep")}</button>
      </div>
    </form>`;
  });
}

/** @param {View} view */
function styleCard({ app: { say }, can, style, choose, draw, restyle }) {
  const send = (/** @type {Event} */ event) => {
    event.preventDefault();
    void restyle(style.trim());
  };
  /** @type {(it: any) => void} */
  const take = (it) => {
    choose(it.target.value);
    draw();
  };
  if (can.styles.length === 1) {
    return html`<section class="card paper"><h2>${say("changeStyleHeading")}</h2><p>${say("changeStyleOne", { style: styleName(say, can.styles[0]) })}</p></section>`;
  }
  return html`<form class="card paper" @submit=${send}>
    <h2><label for="change-style">${say("changeStyleHeading")}</label></h2>
    <p>${say("changeStyleHint")}</p>
    ${can.styles.length > 0
      ? html`<select id="change-style" @change=${take}><option value="" .selected=${!style}>${say("changeStyleChoose")}</option>${can.styles.map((it) => html`<option value=${it} .selected=${it === style}>${styleName(say, it)}</option>`)}</select>`
      : html`<input id="change-style" type="text" maxlength="200" placeholder=${say("changeStyleExample")} .value=${style} @input=${take}>`}
    <div class="actions"><button class="primary" ?disabled=${!style.trim()}>${icons.brush}${say("changeStyleDo")}</button></div>
  </form>`;
}

/** @param {import("../texts.js").Say} say @param {string} style */
function styleName(say, style) {
  return style in STYLES ? say(STYLES[/** @type {keyof typeof STYLES} */ (style)]) : style;
}
