// Who is signed in on this device, as far as the page knows: the cookie itself no script can see.
// It decides whether signing out and signed links are offered; the server decides what is allowed.

import { deviceStorage } from "./storage.js";

const KEPT_AS = "storybook-session";

/** @typedef {{name: string, scope: string, expires_at: string}} Session */

/** @returns {Session | null} null where nobody has signed in here, or it has ended */
export function knownSession(storage = deviceStorage(), now = Date.now()) {
  try {
    const kept = JSON.parse(storage?.getItem(KEPT_AS) ?? "null");
    return kept && Date.parse(kept.expires_at) > now ? kept : null;
  } catch {
    return null;
  }
}

export function rememberSession(/** @type {Session} */ session, storage = deviceStorage()) {
  try {
    storage?.setItem(KEPT_AS, JSON.stringify(session));
  } catch {
    // The browser keeps nothing: the session holds, and signing out is not offered.
  }
}

export function forgetSession(storage = deviceStorage()) {
  try {
    storage?.removeItem(KEPT_AS);
  } catch {
    // There was nothing to forget.
  }
}
