// The leaves of a book: the cover, its pages, and the one after the last. Pictures left, words right;
// on a narrow screen one above the other.

import { icons } from "../icons.js";
import { html, nothing } from "../vendor/lit-html/lit-html.js";
import { curled } from "./quotes.js";

/** @typedef {import("../api_types.js").PageState} PageState */
/** @typedef {import("../api_types.js").SpokenSpan} SpokenSpan */
/** @typedef {import("./page_texts.js").PageText} PageText */
/** @typedef {import("../main.js").App} App */

/**
 * @typedef {object} LeafView what a leaf shows
 * @property {App} app
 * @property {PageState} page
 * @property {number} panels how many pages there are besides the cover
 * @property {string} language of the book
 * @property {boolean} isHere
 * @property {PageText | null} text
 * @property {boolean} isAppearing whether its words appear one by one
 * @property {HTMLImageElement | null} image
 * @property {boolean} isFresh whether the picture has just come: then it runs in like a wash
 * @property {HTMLImageElement | null} preview
 * @property {string} awaits what is said where nobody can paint now
 * @property {(() => void) | null} onRetry where it was given up
 * @property {(index: number) => void} onSpeaker
 * @property {() => void} onHurry
 * @property {(event: Event) => void} onScroll
 */

/** The name of a leaf. @param {App} app @param {number} page @param {number} panels */
export function nameOf({ say }, page, panels) {
  if (page === 0) return say("bookCover");
  return page > panels ? say("bookEnd") : say("bookPage", { page, pages: panels });
}

/** @param {LeafView} view */
export function leafTemplate(view) {
  const { page, isHere, app, panels } = view;
  return html`<section class="leaf ${page.page === 0 ? "cover" : "panel"}" data-page=${page.page} aria-label=${nameOf(app, page.page, panels)}
    ?data-here=${isHere} ?inert=${!isHere}>
    <div class="sheet">
      <div class="art">${artTemplate(view)}</div>
      <div class="words">
        <div class="text" lang=${view.language} tabindex="-1" @scroll=${view.onScroll}>${wordsTemplate(view)}</div>
        <span class="below" aria-hidden="true"></span>
        ${view.isAppearing ? html`<button type="button" class="hurry" @click=${view.onHurry}>${app.say("bookHurry")}</button>` : nothing}
        ${page.page ? html`<span class="folio" aria-hidden="true">${page.page}</span>` : nothing}
      </div>
    </div>
  </section>`;
}

/** @param {LeafView} view */
function artTemplate({ app, page, image, isFresh, preview, text, awaits, onRetry }) {
  if (image) {
    const told = text?.page.paragraphs[0]?.map((it) => it.text).join("") ?? "";
    const alt = page.page ? app.say("bookPicture", { page: page.page, told }) : app.say("bookCoverPicture", { title: told });
    image.style.setProperty("--ratio", String(image.naturalWidth / image.naturalHeight));
    return html`<div class="painted ${isFresh ? "comes" : ""}" role="img" aria-label=${alt}>${image}</div>`;
  }
  return html`<div class="wash">
    <span class="blot one"></span><span class="blot two"></span><span class="blot three"></span>
    ${preview ? html`<div class="preview">${preview}</div>` : nothing}
    ${awaits ? html`<div class="awaits">${icons.moon}<span>${awaits}</span>
      ${onRetry ? html`<button type="button" class="primary" @click=${onRetry}>${icons.retry}${app.say("bookRetry")}</button>` : nothing}</div>` : nothing}
  </div>`;
}

/** @param {LeafView} view */
function wordsTemplate(view) {
  const { text, page } = view;
  if (!text) return html`<div class="lines"><i></i><i></i><i></i></div>`;
  const { paragraphs } = text.page;
  if (page.page === 0) return html`<h2>${spansTemplate(view, text, paragraphs.flat())}</h2>`;
  return paragraphs.map((spans) => html`<p class=${spans[0]?.is_said ? "talk" : ""}>${speakerTemplate(view, text, spans)}${spansTemplate(view, text, spans)}</p>`);
}

/** Who says this line: tapped, they say it. @param {LeafView} view @param {PageText} text @param {SpokenSpan[]} spans */
function speakerTemplate({ app, isAppearing, onSpeaker }, text, spans) {
  const line = spans[0]?.is_said ? spans.find((it) => it.speaker && it.start !== null) : null;
  if (!line || !text.audioUrl || isAppearing) return nothing;
  const index = sentenceOf(line, text);
  const name = app.say("bookSpeaker", { name: line.speaker });
  return html`<button type="button" class="speaker" aria-label=${name} title=${name} @click=${() => onSpeaker(index)}>${icons.bubble}</button>`;
}

/** @param {LeafView} view @param {PageText} text @param {SpokenSpan[]} spans */
function spansTemplate({ isAppearing }, text, spans) {
  const shown = curled(spans.map((it) => it.text));
  return spans.map((it, n) => spanTemplate(it, shown[n], text, isAppearing));
}

/** @param {SpokenSpan} span @param {string} shown its text @param {PageText} text @param {boolean} isAppearing */
function spanTemplate(span, shown, text, isAppearing) {
  const words = isAppearing ? shown.split(/(?<=\s)/).map((it) => html`<span class="word">${it}</span>`) : shown;
  const kind = span.is_said ? "said" : "";
  if (span.start === null) return kind ? html`<span class=${kind}>${words}</span>` : words;
  return html`<span class="spoken ${kind}" data-sentence=${sentenceOf(span, text)}>${words}</span>`;
}

/** @param {SpokenSpan} span @param {PageText} text */
const sentenceOf = (span, text) => text.sentences.findIndex((it) => it.start === span.start);

/**
 * The leaf after the last page.
 * @param {{app: App, isHere: boolean, number: number, cover: string, title: string, language: string, onAgain: () => void}} view
 */
export function endTemplate({ app, isHere, number, cover, title, language, onAgain }) {
  const { say, router } = app;
  return html`<section class="leaf end" data-page=${number} aria-label=${say("bookEnd")} ?data-here=${isHere} ?inert=${!isHere}>
    <div class="sheet">
      <div class="art">${cover ? html`<span class="keepsake"><img src=${cover} width="1024" height="1024" alt="" draggable="false"></span>` : nothing}</div>
      <div class="words">
        <p class="fin" lang=${language}>${say("bookFin")}</p>
        <p class="named" lang=${language}>${title}</p>
        <div class="after">
          <button type="button" class="primary" @click=${onAgain}>${icons.retry}${say("bookAgain")}</button>
          <a class="button second" href=${router.address({ screen: "make" })}>${icons.brush}${say("shelfMake")}</a>
          <a class="button quiet" href=${router.address({ screen: "shelf" })}>${icons.books}${say("toShelf")}</a>
        </div>
      </div>
    </div>
  </section>`;
}
