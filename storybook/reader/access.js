// Who may do what, where the server has tokens: one is asked for in place, when it is needed, and
// becomes a session of this browser.

import { ApiError } from "./client.js";
import { ask } from "./dialogs.js";
import { html } from "./vendor/lit-html/lit-html.js";

/** @typedef {import("./main.js").App} App */

/**
 * Does what needs the server; where it asks for a token, a person is asked, and it is done again.
 * @template T
 * @param {App} app
 * @param {() => Promise<T>} call
 * @returns {Promise<T>} throws what `call` throws, also when nobody has a token
 */
export async function withAccess(app, call) {
  for (;;) {
    try {
      return await call();
    } catch (error) {
      const isAsked = error instanceof ApiError && (error.status === 401 || (error.status === 403 && /needs a token/.test(error.message)));
      if (!isAsked || !(await signIn(app, error.status === 403))) throw error;
    }
  }
}

/** Asks for a token. Gives whether somebody has signed in. @param {App} app @param {boolean} hadAnother */
export async function signIn(app, hadAnother = false) {
  let token = "";
  let fault = "";
  const { say, client } = app;
  const answer = await ask(say("signIn"), (/** @type {(it: true | null) => void} */ close, redraw) => {
    const send = async (/** @type {Event} */ event) => {
      event.preventDefault();
      try {
        await client.signIn(token.trim());
        close(true);
      } catch (error) {
        fault = error instanceof ApiError && error.status === 429 ? say("tooManyTokens") : say(error instanceof ApiError ? "wrongToken" : "serverAway");
        redraw();
      }
    };
    return html`<form @submit=${send}>
      <h2>${say("signIn")}</h2>
      <p>${say(hadAnother ? "signInWithMore" : "signInWhy")}</p>
      <label for="token">${say("token")}</label>
      <input id="token" type="password" autocomplete="current-password" required aria-invalid=${fault ? "true" : "false"}
        aria-describedby="token-fault" @input=${(/** @type {any} */ it) => (token = it.target.value)}>
      <p id="token-fault" class="fault" role="alert">${fault}</p>
      <div class="actions">
        <button type="button" class="quiet" @click=${() => close(null)}>${say("cancel")}</button>
        <button class="primary">${say("signIn")}</button>
      </div>
    </form>`;
  });
  return answer === true;
}
