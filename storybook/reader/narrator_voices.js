// The voices that read aloud: what they are called here, and a sample of each where one is kept.

/** @typedef {import("./texts.js").Say} Say */

/** Engines and languages whose samples are kept in voices/ (docs/speak.py speaks them): those whose voices are the same everywhere. @type {Record<string, string[]>} */
const KEPT = { espeak: ["ko", "en"] };

/** @param {Say} say @param {string} voice */
export function voiceName(say, voice) {
  const [, sex, number] = voice.match(/^([MF])([1-5])$/) ?? [];
  return sex ? say(sex === "F" ? "voiceWoman" : "voiceMan", { number }) : voice;
}

/** Whether a sample is kept of an engine's voices. @param {string} engine @param {string} language */
export function canBeHeard(engine, language) {
  return KEPT[engine]?.includes(language) ?? false;
}

/** @param {string} engine @param {string} language @param {string} voice */
function sampleOf(engine, language, voice) {
  return new URL(`./voices/${engine}/${language}/${voice}.mp3`, import.meta.url).href;
}

/** Plays one sample at a time; `playing` is the place on the screen that it was asked for at. */
export class Sampler {
  playing = "";
  /** @type {AudioContext | null} */
  #context = null;
  /** @type {AudioBufferSourceNode | null} */
  #source = null;

  /** @param {() => void} onChange @param {() => void} onLost a sample cannot be played */
  constructor(onChange, onLost) {
    this.onChange = onChange;
    this.onLost = onLost;
  }

  /** Plays a sample, or stops the one of this place. The context begins in the tap itself, else an iPad stays silent. @param {string} place @param {string} engine @param {string} language @param {string} voice */
  async toggle(place, engine, language, voice) {
    const wasHere = this.playing === place;
    this.#become(wasHere ? "" : place);
    if (wasHere) return;
    const context = (this.#context ??= new AudioContext());
    void context.resume();
    try {
      const answer = await fetch(sampleOf(engine, language, voice));
      if (!answer.ok) throw new Error(`there is no sample of ${voice}`);
      const sound = await context.decodeAudioData(await answer.arrayBuffer());
      if (this.playing === place) this.#begin(context, sound);
    } catch {
      if (this.playing !== place) return;
      this.#become("");
      this.onLost();
    }
  }

  /** @param {AudioContext} context @param {AudioBuffer} sound */
  #begin(context, sound) {
    const source = context.createBufferSource();
    source.buffer = sound;
    source.connect(context.destination);
    source.addEventListener("ended", () => this.#source === source && this.#become(""), { once: true });
    source.start();
    this.#source = source;
  }

  #become(/** @type {string} */ place) {
    const before = this.#source;
    this.#source = null;
    before?.stop();
    this.playing = place;
    this.onChange();
  }

  close() {
    this.#source?.stop();
    this.#source = null;
    void this.#context?.close();
  }
}
