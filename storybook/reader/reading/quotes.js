// Straight quotation marks become curled ones where a story is printed. Pure.

const MARKS = /** @type {Record<string, [string, string]>} */ ({ '"': ["\u201c", "\u201d"], "'": ["\u2018", "\u2019"] });

/** The pieces of a paragraph with their marks curled: each as long as before. @param {readonly string[]} pieces */
export function curled(pieces) {
  const whole = pieces.join("");
  let at = 0;
  return pieces.map((piece) =>
    [...piece].map((sign) => {
      const mark = MARKS[sign]?.[isOpening(whole, at) ? 0 : 1] ?? sign;
      at += sign.length;
      return mark;
    }).join(""),
  );
}

/** Whether something is said from here on: after a space or a bracket, before a letter. @param {string} whole @param {number} at */
function isOpening(whole, at) {
  const [before, after] = [whole[at - 1] ?? " ", whole[at + 1] ?? " "];
  return /[\s([{<\u2014\u201c\u2018"']/.test(before) && !/\s/.test(after);
}
