// Sizes, times and how long something took, as people say them in their language. Pure.

/** @typedef {"ko" | "en"} Language */

/** @param {Language} language @param {number} value @param {string} unit @param {number} digits */
function inUnit(language, value, unit, digits = 0) {
  return new Intl.NumberFormat(language, { style: "unit", unit, unitDisplay: "short", maximumFractionDigits: digits }).format(value);
}

/** How long something took: `0.42 sec`, `12 sec`, `3 min 20 sec`, `2 days 3 hr`. @param {Language} language @param {number} seconds */
export function durationText(language, seconds) {
  if (seconds < 60) return inUnit(language, seconds, "second", seconds < 10 ? 2 : seconds < 59.5 ? 1 : 0);
  const parts = /** @type {[string, number][]} */ ([["day", 86_400], ["hour", 3_600], ["minute", 60], ["second", 1]]);
  const first = parts.findIndex(([, size]) => seconds >= size);
  let left = Math.round(seconds / (parts[first + 1]?.[1] ?? 1)) * (parts[first + 1]?.[1] ?? 1);
  return parts
    .slice(first, first + 2)
    .map(([unit, size]) => {
      const count = Math.floor(left / size);
      left -= count * size;
      return count > 0 ? inUnit(language, count, unit) : "";
    })
    .filter(Boolean)
    .join(" ");
}

/** How many bytes: `12 kB`, `3.4 GB`. @param {Language} language @param {number} bytes */
export function sizeText(language, bytes) {
  const units = ["byte", "kilobyte", "megabyte", "gigabyte", "terabyte"];
  const power = Math.min(Math.max(Math.floor(Math.log10(Math.max(bytes, 1)) / 3), 0), units.length - 1);
  const value = bytes / 1000 ** power;
  return inUnit(language, value, units[power], value < 10 && power > 0 ? 1 : 0);
}

/** @param {Language} language @param {number} value */
export function numberText(language, value) {
  return new Intl.NumberFormat(language).format(value);
}

/** A time of day, with its date where that is not today's. @param {Language} language @param {number} moment milliseconds since 1970 */
export function timeText(language, moment, now = Date.now()) {
  const isToday = new Date(moment).toDateString() === new Date(now).toDateString();
  return new Intl.DateTimeFormat(language, { ...(isToday ? {} : { dateStyle: "medium" }), timeStyle: "medium" }).format(moment);
}
