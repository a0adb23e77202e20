// The settings of this device: the language of the page and how its letters look.

import { ask } from "../dialogs.js";
import { html } from "../vendor/lit-html/lit-html.js";

/** @typedef {import("../main.js").App} App */
/** @typedef {import("../preferences.js").Preferences} Preferences */

/** Each language in its own words: who cannot read the page finds it all the same. */
const LANGUAGES = /** @type {const} */ ({ "": null, ko: "한국어", en: "English" });
const LETTERS = /** @type {const} */ ({ usual: "shelfLettersUsual", large: "shelfLettersLarge", largest: "shelfLettersLargest" });

/** Asks how the page is to look, and shows the screen anew if something was chosen. @param {App} app */
export async function openSettings(app) {
  const { say } = app;
  let { language, letters, easyType } = app.preferences;
  const chosen = await ask(say("shelfSettings"), (/** @type {(it: Partial<Preferences> | null) => void} */ close, redraw) => {
    const done = (/** @type {Event} */ event) => {
      event.preventDefault();
      close({ language, letters, easyType });
    };
    /** @param {string} name @param {string} value @param {unknown} label @param {boolean} isOn @param {() => void} choose */
    const radio = (name, value, label, isOn, choose) =>
      html`<label class="shelf-choice"><input type="radio" name=${name} value=${value} .checked=${isOn} @change=${() => (choose(), redraw())}>${label}</label>`;
    return html`<form class="shelf-settings two-columns" @submit=${done}>
      <h2>${say("shelfSettings")}</h2>
      <fieldset><legend>${say("shelfLanguage")}</legend>
        ${Object.entries(LANGUAGES).map(([value, name]) =>
          radio("language", value, name ? html`<span lang=${value}>${name}</span>` : say("shelfLanguageOfBrowser"), language === value, () => (language = /** @type {any} */ (value))),
        )}
      </fieldset>
      <fieldset><legend>${say("shelfLetters")}</legend>
        ${Object.entries(LETTERS).map(([value, key]) => radio("letters", value, say(key), letters === value, () => (letters = /** @type {any} */ (value))))}
        <label class="shelf-choice"><input type="checkbox" .checked=${easyType} @change=${(/** @type {any} */ it) => ((easyType = it.target.checked), redraw())}>${say("shelfEasyType")}</label>
      </fieldset>
      <div class="letters-${letters} ${easyType ? "easy-type" : ""}"><p class="shelf-sample">${say("shelfSample")}</p></div>
      <p><a href=${app.router.address({ screen: "operate" })} @click=${() => close(null)}>${say("shelfOperate")}</a></p>
      <div class="actions">
        <button type="button" class="quiet" @click=${() => close(null)}>${say("cancel")}</button>
        <button class="primary">${say("shelfSettingsDone")}</button>
      </div>
    </form>`;
  });
  if (chosen) app.prefer(chosen);
}
