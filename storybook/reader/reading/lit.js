// The sentence that is spoken is lit, and no other.

/** @param {HTMLElement} root @param {number} index of the sentence on the page that is here, -1 for none */
export function light(root, index) {
  for (const it of root.querySelectorAll(".spoken.now")) {
    if (index < 0 || !it.matches(`[data-here] [data-sentence="${index}"]`)) it.classList.remove("now");
  }
  if (index < 0) return;
  for (const it of root.querySelectorAll(`[data-here] [data-sentence="${index}"]:not(.now)`)) {
    it.classList.add("now");
    it.scrollIntoView({ block: "nearest" });
  }
}
