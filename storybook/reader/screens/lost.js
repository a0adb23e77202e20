// An address that means nothing.

import { lostTemplate } from "../shelf/signs.js";
import { render } from "../vendor/lit-html/lit-html.js";

/** @param {HTMLElement} root @param {import("../main.js").App} app */
export function open(root, app) {
  app.setTitle(app.say("lostTitle"));
  render(lostTemplate(app, app.say("lostTitle"), app.say("lostWhy")), root);
  return () => {};
}
