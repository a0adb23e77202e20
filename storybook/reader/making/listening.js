// Hearing one of the four words: from the tap on the microphone to the words that were understood.

import { withAccess } from "../access.js";
import { ApiError } from "../client.js";
import { sentenceFor } from "../problems.js";
import { hearingOf } from "./hearing.js";
import { Recording, whyRefused } from "./microphone.js";

/** @typedef {import("../main.js").App} App */
/** @typedef {import("./suggestions.js").Field} Field */
/** @typedef {import("./hearing.js").Hearing} Hearing */

/** Hears one word at a time. */
export class Listener {
  /** @type {Hearing} */
  hearing = { kind: "idle" };
  /** @type {Recording | null} */
  #recording = null;
  #turn = 0;

  /** @param {App} app @param {() => void} onChange @param {(level: number, share: number) => void} onLevel @param {(field: Field, meant: string) => void} onUnderstood */
  constructor(app, onChange, onLevel, onUnderstood) {
    this.app = app;
    this.onChange = onChange;
    this.onLevel = onLevel;
    this.onUnderstood = onUnderstood;
  }

  #become(/** @type {Hearing} */ hearing) {
    this.hearing = hearing;
    this.onChange();
  }

  /** @param {Field} field @param {string} language of what is said */
  async start(field, language) {
    const turn = ++this.#turn;
    this.#become({ kind: "asking" });
    try {
      const recording = await Recording.start(this.onLevel, () => void this.stop(field, language));
      if (turn !== this.#turn) return recording.cancel();
      this.#recording = recording;
      this.#become({ kind: "listening" });
      this.app.announce(this.app.say("makeListening"));
    } catch (error) {
      if (turn === this.#turn) this.#fail(this.app.say(whyRefused(error)));
    }
  }

  /** Ends the recording, and has it understood. @param {Field} field @param {string} language */
  async stop(field, language) {
    const recording = this.#recording;
    if (!recording) return;
    this.#recording = null;
    const turn = ++this.#turn;
    const sound = await recording.stop();
    this.#become({ kind: "understanding" });
    const { app } = this;
    try {
      const heard = await withAccess(app, () => app.client.transcribe(field, sound, language));
      if (turn === this.#turn) this.#take(field, hearingOf(heard));
    } catch (error) {
      if (turn === this.#turn) this.#fail(error instanceof ApiError && error.status === 400 ? app.say("makeHeardNothing") : sentenceFor(app.say, error));
    }
  }

  /** @param {Field} field @param {Hearing} hearing */
  #take(field, hearing) {
    const { say, announce } = this.app;
    if (hearing.kind === "understood") {
      this.onUnderstood(field, hearing.meant);
      announce(say("makeUnderstood", { said: hearing.meant }));
    } else if (hearing.kind === "unsure") announce(say("makeUnsure", { said: hearing.meant }));
    else announce(say("makeHeardNothing"));
    this.#become(hearing);
  }

  #fail(/** @type {string} */ why) {
    this.app.announce(why);
    this.#become({ kind: "failed", why });
  }

  /** Back to silence; what was recorded is heard by nobody. */
  forget() {
    this.#turn += 1;
    this.#recording?.cancel();
    this.#recording = null;
    this.hearing = { kind: "idle" };
  }
}
