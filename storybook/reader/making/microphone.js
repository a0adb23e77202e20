// The microphone: whether there is one that may be used, and a recording with the level of what it
// hears.

/** @typedef {import("../texts.js").TextKey} TextKey */

/** A recording ends by itself after this, in milliseconds: a child who tells a word needs less. */
export const LONGEST_MS = 20_000;
/** The recording's forms, best first: small, and known to the server. */
const FORMS = ["audio/webm;codecs=opus", "audio/mp4", "audio/ogg;codecs=opus"];
/** Root mean square of speech near a microphone: a full meter. */
const LOUD = 0.22;

/** Why nothing can be recorded here, as a sentence; null if it can. @param {boolean} canHear whether the server understands speech @param {{isSecureContext: boolean, navigator: any, MediaRecorder?: unknown}} here @returns {TextKey | null} */
export function whySilent(canHear, here = /** @type {any} */ (globalThis)) {
  if (!canHear) return "makeNoListener";
  if (!here.isSecureContext) return "makeNotSecure";
  if (!here.navigator.mediaDevices?.getUserMedia || !here.MediaRecorder) return "makeNoRecorder";
  return null;
}

/** Why a microphone was not given. @param {unknown} error @returns {TextKey} */
export function whyRefused(error) {
  const name = error instanceof DOMException ? error.name : "";
  if (name === "NotAllowedError" || name === "SecurityError") return "makeMicrophoneDenied";
  return name === "NotFoundError" ? "makeMicrophoneMissing" : "makeMicrophoneBusy";
}

/** A recording that goes on. */
export class Recording {
  /** @type {Blob[]} */
  #pieces = [];
  #frame = 0;
  #isOver = false;

  /** @param {MediaStream} stream @param {(level: number, share: number) => void} onLevel @param {() => void} onLongest */
  constructor(stream, onLevel, onLongest) {
    this.stream = stream;
    const type = FORMS.find((it) => MediaRecorder.isTypeSupported(it));
    this.recorder = new MediaRecorder(stream, type ? { mimeType: type } : {});
    this.recorder.addEventListener("dataavailable", (event) => this.#pieces.push(event.data));
    this.recorder.start();
    this.context = new AudioContext();
    void this.context.resume();
    const analyser = this.context.createAnalyser();
    analyser.fftSize = 1024;
    this.context.createMediaStreamSource(stream).connect(analyser);
    this.#watch(analyser, onLevel, onLongest);
  }

  /** Begins to record; throws what the browser throws where it may not. @param {(level: number, share: number) => void} onLevel loudness and share of the longest time, 0 to 1, with each picture of the screen @param {() => void} onLongest the longest time is over */
  static async start(onLevel, onLongest) {
    const stream = await navigator.mediaDevices.getUserMedia({ audio: { echoCancellation: true, noiseSuppression: true } });
    return new Recording(stream, onLevel, onLongest);
  }

  /** @param {AnalyserNode} analyser @param {(level: number, share: number) => void} onLevel @param {() => void} onLongest */
  #watch(analyser, onLevel, onLongest) {
    const samples = new Float32Array(analyser.fftSize);
    const began = performance.now();
    let level = 0;
    const look = () => {
      analyser.getFloatTimeDomainData(samples);
      const loud = Math.sqrt(samples.reduce((sum, it) => sum + it * it, 0) / samples.length) / LOUD;
      level = Math.max(Math.min(loud, 1), level * 0.9); // it rises at once and sinks slowly, as a needle does
      const share = (performance.now() - began) / LONGEST_MS;
      onLevel(level, Math.min(share, 1));
      if (share >= 1) onLongest();
      else this.#frame = requestAnimationFrame(look);
    };
    look();
  }

  /** Ends it. @returns {Promise<Blob>} what was recorded */
  stop() {
    return new Promise((resolve) => {
      const give = () => resolve(new Blob(this.#pieces, { type: this.recorder.mimeType }));
      this.recorder.addEventListener("stop", give, { once: true });
      if (this.recorder.state === "inactive") give();
      this.cancel();
    });
  }

  /** Ends it, and lets the microphone go. */
  cancel() {
    if (this.#isOver) return;
    this.#isOver = true;
    cancelAnimationFrame(this.#frame);
    if (this.recorder.state !== "inactive") this.recorder.stop();
    for (const track of this.stream.getTracks()) track.stop();
    void this.context.close();
  }
}
