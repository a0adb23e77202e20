// Letters shrink until a page's text fits; what still does not scrolls, and a sign says so.

/** Of the usual size: 14 px on the smallest telephones. Who asked for large letters gets them. */
const SMALLEST = 0.78;
/** A title is large to begin with. */
const SMALLEST_TITLE = 0.5;
const STEP = 0.04;

/** A title is never cut, however large its letters are to be. @param {HTMLElement} leaf @param {boolean} mayShrink */
export function fit(leaf, mayShrink) {
  const isTitle = leaf.matches(".cover");
  const text = /** @type {HTMLElement | null} */ (leaf.querySelector(".text"));
  if (!text || !text.clientHeight) return;
  const isTooLong = () => text.scrollHeight > text.clientHeight + 1;
  for (let size = 1; ; size -= STEP) {
    text.style.setProperty("--fit", size.toFixed(2));
    if (!isTooLong() || !(mayShrink || isTitle) || size <= (isTitle ? SMALLEST_TITLE : SMALLEST)) break;
  }
  if (isTooLong()) text.tabIndex = 0;
  else text.removeAttribute("tabindex");
  sign(text);
}

/** Whether there is more below. @param {HTMLElement} text */
export function sign(text) {
  text.classList.toggle("more", text.scrollTop + text.clientHeight < text.scrollHeight - 4);
}
