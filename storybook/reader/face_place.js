// Where in a painting the face of somebody is.

/** @typedef {import("./api_types.js").CastMember} CastMember */
/** @typedef {{picture: string, x: number, y: number, side: number}} Face a square piece of a picture: its middle and its side, as shares of the picture's side */

/** How the whole picture lies behind a window that shows a piece of it, in shares of the window. @param {Face} face */
export function behindWindow({ x, y, side }) {
  return { size: 1 / side, left: -(x - side / 2) / side, top: -(y - side / 2) / side };
}

/** The face of somebody: where it is not known, a picture that was given of them. @param {CastMember} character @param {(path: string) => string} address @returns {Face | null} */
export function shownFace({ face, pictures }, address) {
  if (face) return { ...face, picture: address(face.picture) };
  return pictures?.[0] ? { picture: address(pictures[0]), x: 0.5, y: 0.5, side: 1 } : null;
}
