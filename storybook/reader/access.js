// Who may do what, where the server has tokens: one is asked for in place, when it is needed, and
// becomes a session of this browser.

import { ApiError } from "./client.js";
import { ask } from "./dialogs.js";
import { forgetAllKept } from "./offline.js";
import { forgetSession, rememberSession } from "./session.js";
import { html, nothing } from "./vendor/lit-html/lit-html.js";

/** @typedef {import("./main.js").App} App */

/**
 * Does what needs the server; where it asks for a token, a person is asked, and it is done again. A
 * token that allows more than this browser's session is used for this alone, unless the person wants
 * it kept: a grown-up's token does not stay on a child's tablet.
 * @template T
 * @param {App} app
 * @param {() => Promise<T>} call by the app's client
 * @returns {Promise<T>} throws what `call` throws, also when nobody has a token
 */
export async function withAccess(app, call) {
  const before = app.client.token;
  try {
    for (;;) {
      try {
        return await call();
      } catch (error) {
        if (!wantsToken(error)) throw error;
        const given = await askForToken(app, error.status === 403 || app.client.token !== before, app.client.token !== before);
        if (!given) throw error;
        app.client.token = given.isKept ? before : given.token;
      }
    }
  } finally {
    app.client.token = before;
  }
}

/** Whether a token would mend it: none was shown, or one that allows less. @param {unknown} error @returns {error is ApiError} */
export function wantsToken(error) {
  return error instanceof ApiError && (error.status === 401 || (error.status === 403 && error.message.startsWith("this needs a token")));
}

/** Gives the session of this browser up. @param {App} app */
export async function signOut(app) {
  await app.client.signOut();
  forgetSession();
  await forgetAllKept();
}

/** Asks for a token, and makes it the session of this browser. Gives whether somebody has signed in. @param {App} app */
export async function signIn(app) {
  return (await askForToken(app, false)) !== null;
}

/**
 * @param {App} app
 * @param {boolean} hadAnother whether there is a session, and more is needed: then it stays the one it is unless that is wanted
 * @param {boolean} wasWrong whether one was given that does not do
 * @returns {Promise<{token: string, isKept: boolean} | null>} null if nobody has a token
 */
async function askForToken(app, hadAnother, wasWrong = false) {
  let token = "";
  let isKept = !hadAnother;
  const { say, client } = app;
  let fault = wasWrong ? say("wrongToken") : "";
  return ask(say("signIn"), (/** @type {(it: {token: string, isKept: boolean} | null) => void} */ close, redraw) => {
    const send = async (/** @type {Event} */ event) => {
      event.preventDefault();
      const given = { token: token.trim(), isKept };
      try {
        if (isKept) rememberSession(await client.signIn(given.token));
        close(given);
      } catch (error) {
        fault = error instanceof ApiError && error.status === 429 ? say("tooManyTokens") : say(error instanceof ApiError ? "wrongToken" : "serverAway");
        redraw();
      }
    };
    const keep = html`<label class="keep"><input type="checkbox" .checked=${isKept} @change=${(/** @type {any} */ it) => (isKept = it.target.checked)}>${say("keepToken")}</label>`;
    return html`<form @submit=${send}>
      <h2>${say("signIn")}</h2>
      <p>${say(hadAnother ? "signInWithMore" : "signInWhy")}</p>
      <label for="token">${say("token")}</label>
      <input id="token" type="password" autocomplete=${hadAnother ? "off" : "current-password"} required aria-invalid=${fault ? "true" : "false"}
        aria-describedby="token-fault" @input=${(/** @type {any} */ it) => (token = it.target.value)}>
      ${hadAnother ? keep : nothing}
      <p id="token-fault" class="fault" role="alert">${fault}</p>
      <div class="actions">
        <button type="button" class="quiet" @click=${() => close(null)}>${say("cancel")}</button>
        <button class="primary">${say("signIn")}</button>
      </div>
    </form>`;
  });
}
