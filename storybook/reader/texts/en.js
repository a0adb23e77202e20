// The page in English: the same texts as in Korean.

/** @type {Record<keyof typeof import("./ko.js").ko, string>} */
export const en = {
  // everywhere
  cancel: "Cancel",
  goOn: "Go on",
  close: "Close",
  signIn: "Sign in",
  signInWhy: "This bookshelf opens with a token. Enter the one that you got from whoever set it up.",
  signInWithMore: "This needs a token that allows more.",
  token: "Token",
  wrongToken: "That token does not hold. Please check it.",
  tooManyTokens: "There were too many wrong tokens. Try again in a minute.",
  forGrownUps: "For grown-ups",
  sum: "{one} × {other} = ?",
  sumWrong: "That is not it. Try again.",
  offline: "There is no internet now. It goes on when it is back.",
  serverAway: "The computer that makes the books cannot be reached. See whether it is on; it goes on by itself when it is.",
  serverBusy: "The computer that makes the books cannot do that now: {why}",
  unexpected: "Something unexpected happened. Try to load the page again.",
  notAllowed: "Your token does not allow that.",
  noSuchBook: "There is no such book.",
  bookGone: "This book was erased.",
  tooMany: "That was too much at once. Wait a moment and try again.",
  lostTitle: "There is nothing here",
  toShelf: "To the bookshelf",
};
