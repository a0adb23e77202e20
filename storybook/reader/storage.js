// What a browser keeps for a page; null where that is forbidden (a private window, a policy).

/** What stays on this device. @returns {Storage | null} */
export function deviceStorage() {
  try {
    return localStorage;
  } catch {
    return null;
  }
}

/** What lives as long as the tab. @returns {Storage | null} */
export function tabStorage() {
  try {
    return sessionStorage;
  } catch {
    return null;
  }
}
