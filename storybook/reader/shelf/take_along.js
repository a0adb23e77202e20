// A book to be taken along, in each form that there is a name for (a film is told of while it is made);
// and one that was taken along as a ZIP, to be taken in.

import { withAccess } from "../access.js";
import { ApiError } from "../client.js";
import { ask } from "../dialogs.js";
import { icons } from "../icons.js";
import { actWay, linkWay, menuTemplate } from "../menu.js";
import { sentenceFor } from "../problems.js";
import { html, nothing } from "../vendor/lit-html/lit-html.js";

/** @typedef {{format: string, choices: string[], option: string, takes_long: boolean, ready: boolean}} Format */
/** @typedef {{fraction: number, waiting: number}} Progress */

const NAMES = /** @type {Record<string, any>} */ ({ html: "shelfAsHtml", epub: "shelfAsEpub", pdf: "shelfAsPdf", mp4: "shelfAsMp4", webm: "shelfAsWebm", srt: "shelfAsSrt", zip: "shelfAsZip" });
const CHOICES = /** @type {Record<string, any>} */ ({ a4: "takeA4", a5: "takeA5", square: "takeSquare", booklet: "takeBooklet", wide: "takeWide", tall: "takeTall" });

/** How often it is asked how far a film is. */
const LOOK_MS = 2_000;

/** @param {import("../main.js").App} app @param {string} runId @param {string} title */
export async function openTakeAlong(app, runId, title) {
  const { say, client } = app;
  /** @type {Format[] | null} */
  let formats = null;
  let fault = "";
  let isOpen = true;
  /** @type {Map<string, Progress | "ready">} what is made, or was, by its address */
  const films = new Map();

  const look = async (/** @type {() => void} */ redraw) => {
    try {
      formats = [];
      formats = (await withAccess(app, () => client.formats(runId))).formats.filter((it) => it.format in NAMES);
    } catch (error) {
      fault = sentenceFor(say, error);
    }
    redraw();
  };
  const make = async (/** @type {string} */ address, /** @type {() => void} */ redraw) => {
    fault = "";
    try {
      for (let isFirst = true; isOpen; isFirst = false) {
        if (!isFirst) await new Promise((resolve) => setTimeout(resolve, LOOK_MS));
        const progress = await client.bookProgress(address);
        films.set(address, progress ?? "ready");
        redraw();
        if (!progress) return;
      }
    } catch (error) {
      films.delete(address);
      fault = sentenceFor(say, error);
      redraw();
    }
  };

  await ask(say("shelfTake"), (close, redraw) => {
    if (!formats) void look(redraw);
    const ways = (formats ?? []).flatMap((it) => (it.choices.length ? it.choices : [""]).map((choice) => {
      const name = say(NAMES[it.format]) + (choice in CHOICES ? `, ${say(CHOICES[choice])}` : "");
      const address = client.bookAddress(runId, it.format, choice ? { [it.option]: choice } : {});
      const film = films.get(address);
      if (!it.ready) return html`<li><p>${say("takeNotHere", { name })}</p></li>`;
      if (!it.takes_long || film === "ready") return linkWay(icons.download, name, address, () => {}, true);
      if (!film) return actWay(icons.download, name, () => void make(address, redraw));
      const told = film.waiting ? say("takeWaits", { name, n: film.waiting }) : say("takeMakes", { name, percent: Math.round(film.fraction * 100) });
      return html`<li><p role="status">${told}</p></li>`;
    }));
    return menuTemplate(app, title, "", html`${ways}${fault ? html`<li><p class="fault" role="alert">${fault}</p></li>` : nothing}`, () => close(null));
  });
  isOpen = false;
}

/** Asks for such a ZIP, and opens the book that it is. @param {import("../main.js").App} app */
export async function openTakeIn(app) {
  const { say, client } = app;
  const title = say("shelfTakeIn");
  let [isBusy, fault] = [false, ""];
  const runId = await ask(title, (/** @type {(it: string | null) => void} */ close, redraw) => {
    const take = async (/** @type {any} */ { target }) => {
      const [file] = target.files;
      if (!file) return;
      [isBusy, fault] = [true, ""];
      redraw();
      try {
        close((await withAccess(app, () => client.takeIn(file))).run_id);
      } catch (error) {
        fault = error instanceof ApiError && error.status === 422 ? say("takeInBad", { why: error.message }) : sentenceFor(say, error);
      }
      isBusy = false;
      target.value = ""; // so that the same file can be chosen again
      redraw();
    };
    const ways = html`<li><input type="file" accept=".zip" aria-label=${title} ?disabled=${isBusy} @change=${take}></li>
      <li><p role="status">${isBusy ? say("takeInBusy") : ""}</p><p class="fault" role="alert">${fault}</p></li>`;
    return menuTemplate(app, title, say("takeInNote"), ways, () => close(null));
  });
  if (runId) app.router.go({ screen: "book", runId });
}
