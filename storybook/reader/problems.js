// What went wrong, in a sentence that a parent understands and can act on.

import { ApiError, Unreachable } from "./client.js";

/** @param {import("./texts.js").Say} say @param {unknown} error */
export function sentenceFor(say, error) {
  if (error instanceof Unreachable) return say(navigator.onLine === false ? "offline" : "serverAway");
  if (!(error instanceof ApiError)) return say("unexpected");
  if (error.status === 403 && error.message.startsWith("without tokens")) return say("onlyThere");
  if (error.status === 401 || error.status === 403) return say("notAllowed");
  if (error.status === 404) return say("noSuchBook");
  if (error.status === 410) return say("bookGone");
  if (error.status === 429) return say("tooMany");
  if (error.status >= 500) return say("serverBusy", { why: error.message });
  return error.message;
}
