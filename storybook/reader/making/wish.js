// The draft on the screen, and everything that changes it; each change is kept and drawn.

import { allowed } from "./choices.js";
import { cardsOf, castSize, keyedFor, MOST_CHARACTERS, settled, textOf, withCards } from "./draft.js";
import { keepDraft, keptDraft } from "./kept_draft.js";

/** @typedef {import("../main.js").App} App */
/** @typedef {import("./draft.js").Draft} Draft */
/** @typedef {import("./faults.js").Part} Part */
/** @typedef {import("./faults.js").Sentence} Sentence */
/** @typedef {import("./suggestions.js").Field} Field */
/** @typedef {import("./from_other_books.js").Known} Known */

/** What a family wishes for, and what is wrong with it. */
export class Wish {
  draft = keptDraft();
  /** @type {Map<Part, Sentence>} */
  faults = new Map();
  /** What is wrong with none of its parts, as a sentence. */
  problem = "";

  /** What is to be known of whom was named last. */
  told = "";

  /** @param {App} app @param {() => void} onChange @param {(index: number) => void} onThere somebody was named who has a card already */
  constructor(app, onChange, onThere) {
    this.app = app;
    this.onChange = onChange;
    this.onThere = onThere;
  }

  /** @param {Partial<Draft>} changed */
  change(changed) {
    this.draft = { ...this.draft, ...changed };
    keepDraft(this.draft);
    this.onChange();
  }

  /** The sentence that is shown at a part of the screen, "" if nothing is wrong there. @param {Part} part */
  faultAt(part) {
    const fault = this.faults.get(part);
    return fault ? this.app.say(fault.key, fault.values) : "";
  }

  /** What is known of the engines and of other books: what cannot be had goes. @param {import("./choices.js").Choices} choices @param {Known[]} saved @param {string[]} heroes @param {Draft["origin"]} origin */
  settle(choices, saved, heroes, origin) {
    const names = new Set(saved.map((it) => it.name));
    const wanted = [...new Set([...this.draft.heroes, ...heroes])].filter((it) => names.has(it));
    this.change({ ...allowed(this.draft, choices), heroes: wanted, origin });
  }

  setWord(/** @type {Field} */ field, /** @type {string} */ text) {
    this.faults.delete(field);
    this.problem = this.told = "";
    if (field === "characters") this.change({ newcomer: text });
    else this.change({ words: { ...this.draft.words, [field]: text } });
  }

  /** Whoever was typed becomes a card. */
  settleNewcomer() {
    this.told = "";
    this.change(settled(this.draft));
  }

  /** A tap on a suggestion: its words, or for characters in or out. @param {Field} field @param {string} words */
  tap(field, words) {
    if (field !== "characters") return this.setWord(field, words);
    const index = this.draft.cards.findIndex((it) => textOf(it) === words);
    if (index < 0) this.addCards(words);
    else this.removeCard(index);
  }

  addCards(/** @type {string} */ text) {
    this.faults.delete("characters");
    const before = this.draft.cards;
    const named = cardsOf(text);
    const there = named.map(textOf).filter((it) => before.some((card) => textOf(card) === it));
    this.told = there.length ? this.app.say("makeThere", { name: there.join(", ") }) : "";
    this.change({ ...withCards(this.draft, named), newcomer: "" });
    const added = this.draft.cards.slice(before.length).map(textOf).join(", ");
    if (added || this.told) this.app.announce([added && this.app.say("makeAdded", { name: added }), this.told].filter(Boolean).join(" "));
    for (const name of there) this.onThere(this.draft.cards.findIndex((it) => textOf(it) === name));
  }

  changeCard(/** @type {number} */ index, /** @type {Partial<import("./draft.js").Card>} */ changed) {
    this.faults.delete("characters");
    this.change({ cards: this.draft.cards.map((it, at) => (at === index ? { ...it, ...changed } : it)) });
  }

  removeCard(/** @type {number} */ index) {
    this.faults.delete("characters");
    const name = textOf(this.draft.cards[index]);
    this.told = "";
    this.change({ cards: this.draft.cards.filter((_, it) => it !== index) });
    this.app.announce(this.app.say("makeRemoved", { name }));
  }

  /** A saved character comes along, or stays at home. @param {string} name */
  tapHero(name) {
    const { heroes } = this.draft;
    this.faults.delete("heroes");
    if (heroes.includes(name)) this.change({ heroes: heroes.filter((it) => it !== name) });
    else if (castSize(this.draft) < MOST_CHARACTERS) this.change({ heroes: [...heroes, name] });
  }

  /** The heroes of the book before come along, or none of them. @param {NonNullable<Draft["origin"]>} origin */
  tapOrigin(origin) {
    this.faults.delete("heroes");
    this.change({ origin: this.draft.origin ? null : origin });
  }

  /** The key under which this request is asked for. @param {import("../api_types.js").RunRequest} request @param {() => string} newKey */
  keyFor(request, newKey) {
    this.change(keyedFor(this.draft, request, newKey));
    return this.draft.key;
  }
}
