// The pages whose words somebody has seen appear, for as long as the tab is open: after a reload
// nothing appears anew.

/** @param {string} runId @returns {Set<number>} */
export function seenPages(runId, storage = tabStorage()) {
  try {
    const kept = JSON.parse(storage?.getItem(nameOf(runId)) ?? "[]");
    return new Set(Array.isArray(kept) ? kept.filter(Number.isInteger) : []);
  } catch {
    return new Set();
  }
}

/** @param {string} runId @param {Set<number>} pages */
export function rememberSeen(runId, pages, storage = tabStorage()) {
  try {
    storage?.setItem(nameOf(runId), JSON.stringify([...pages]));
  } catch {
    // The browser keeps nothing: after a reload the words appear once more.
  }
}

const nameOf = (/** @type {string} */ runId) => `storybook-seen-${runId}`;

/** What lives as long as the tab; null where that is forbidden. */
function tabStorage() {
  try {
    return sessionStorage;
  } catch {
    return null;
  }
}
