// Server-sent events, read from the body of an answer (the WHATWG's event stream format).

/**
 * One message.
 * @typedef {{event: string, data: string, id: string | null}} Message `id` is null where none was sent
 */

/** Parses an event stream piece by piece. */
export class EventStreamParser {
  #rest = "";
  #event = "";
  /** @type {string[]} */
  #data = [];
  /** @type {string | null} */
  #id = null;
  /** How long the server asks its clients to wait before they come again, in milliseconds. */
  retry = 0;

  /**
   * Takes a piece of the stream's text, and gives the messages that are whole by it.
   * @param {string} text
   * @returns {Message[]}
   */
  feed(text) {
    /** @type {Message[]} */
    const messages = [];
    let lines = this.#rest + text;
    // A CR at the very end may be half of a CRLF: it waits for what follows.
    const held = lines.endsWith("\r") ? "\r" : "";
    if (held) lines = lines.slice(0, -1);
    const parts = lines.split(/\r\n|\n|\r/);
    this.#rest = (parts.pop() ?? "") + held;
    for (const line of parts) this.#take(line, messages);
    return messages;
  }

  /** @param {string} line @param {Message[]} messages */
  #take(line, messages) {
    if (line === "") {
      if (this.#data.length > 0) {
        messages.push({ event: this.#event || "message", data: this.#data.join("\n"), id: this.#id });
      }
      this.#event = "";
      this.#data = [];
      this.#id = null;
      return;
    }
    const colon = line.indexOf(":");
    const [field, value] = colon < 0 ? [line, ""] : [line.slice(0, colon), line.slice(colon + 1).replace(/^ /, "")];
    if (field === "event") this.#event = value;
    else if (field === "data") this.#data.push(value);
    else if (field === "retry" && /^[0-9]+$/.test(value)) this.retry = Number(value);
    else if (field === "id" && !value.includes("\0")) this.#id = value;
  }
}
