// What the parts of the screen that changes a book are given.

/** @typedef {import("../main.js").App} App */
/** @typedef {import("./change_state.js").Change} Change */

/**
 * What the parts of the screen show, and what they can do.
 * @typedef {object} View
 * @property {App} app
 * @property {string} runId
 * @property {import("../api_types.js").RunState} state
 * @property {import("./change_state.js").Edition[]} editions oldest first
 * @property {any[]} cast
 * @property {any[]} saved characters of all books
 * @property {{rewrite: boolean, narrator: string, voices: string[], styles: string[]}} can what the engines do
 * @property {number} page that is looked at
 * @property {boolean} isBusy whether an edition is being made
 * @property {import("../book_state.js").Book | null} book as it is followed
 * @property {Map<number, string>} drafts texts that somebody types, by page
 * @property {Map<number, string>} wishes
 * @property {Map<string, string>} voices that are chosen, by character; the narrator's by ""
 * @property {import("../narrator_voices.js").Sampler} sampler lets voices be heard
 * @property {string} style
 * @property {import("./change_state.js").Trouble | null} trouble
 * @property {unknown} error
 * @property {import("./comparison.js").Comparison | null} compared
 * @property {import("./comparison.js").Comparison | null} done what the last change has made
 * @property {boolean} isDoneWhole whether all of it is shown, and not its first page alone
 * @property {(much: "none" | "whole") => void} showDone
 * @property {() => void} draw
 * @property {(page: number) => void} turnTo
 * @property {(change: Change) => void} ask
 * @property {() => void} again asks for the same on the newest edition
 * @property {() => void} accept asks for the same, and takes it upon oneself
 * @property {() => void} cancel
 * @property {() => void} retry
 * @property {(edition: number) => void} restore
 * @property {(edition: number | null) => void} compare
 * @property {(name: string, character: string) => Promise<void>} keep a hero
 * @property {(style: string) => void} choose
 * @property {(style: string) => Promise<void>} restyle
 */

export {};
