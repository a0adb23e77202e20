// An address that means nothing.

import { html, render } from "../vendor/lit-html/lit-html.js";

/** @param {HTMLElement} root @param {import("../main.js").App} app */
export function open(root, app) {
  app.setTitle(app.say("lostTitle"));
  render(html`<main class="message"><h1>${app.say("lostTitle")}</h1><p><a class="button second" href=${app.router.address({ screen: "shelf" })}>${app.say("toShelf")}</a></p></main>`, root);
  return () => {};
}
