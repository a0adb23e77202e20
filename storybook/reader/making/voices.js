// The voices that read aloud: what they are called here, and a sample of each where one is kept.

/** @typedef {import("../texts.js").Say} Say */

/** Engines and languages whose samples are kept in voices/ (docs/speak.py speaks them): those whose voices are the same everywhere. @type {Record<string, string[]>} */
const KEPT = { espeak: ["ko", "en"] };

/** @param {Say} say @param {string} voice */
export function voiceName(say, voice) {
  const [, sex, number] = voice.match(/^([MF])([1-5])$/) ?? [];
  return sex ? say(sex === "F" ? "makeVoiceF" : "makeVoiceM", { number }) : voice;
}

/** Whether a sample is kept of an engine's voices. @param {string} engine @param {string} language */
export function canBeHeard(engine, language) {
  return KEPT[engine]?.includes(language) ?? false;
}

/** @param {string} engine @param {string} language @param {string} voice */
function sampleOf(engine, language, voice) {
  return new URL(`../voices/${engine}/${language}/${voice}.mp3`, import.meta.url).href;
}

/** Plays one sample at a time. */
export class Sampler {
  /** @type {AudioContext | null} */
  #context = null;
  /** @type {AudioBufferSourceNode | null} */
  #playing = null;

  /** Plays a sample; `onEnd` is told when it is over. The context begins in the tap itself, else an iPad stays silent. @param {string} engine @param {string} language @param {string} voice @param {() => void} onEnd */
  async play(engine, language, voice, onEnd) {
    this.stop();
    const context = (this.#context ??= new AudioContext());
    void context.resume();
    const answer = await fetch(sampleOf(engine, language, voice));
    if (!answer.ok) throw new Error(`the sample of ${voice} is not there`);
    const sound = await context.decodeAudioData(await answer.arrayBuffer());
    this.stop();
    const source = context.createBufferSource();
    source.buffer = sound;
    source.connect(context.destination);
    source.addEventListener("ended", onEnd, { once: true });
    source.start();
    this.#playing = source;
  }

  stop() {
    this.#playing?.stop();
    this.#playing = null;
  }

  close() {
    this.stop();
    void this.#context?.close();
  }
}
