// Drawn signs for buttons: lines on a field of 24 by 24. The button itself says what it does.

import { svg } from "./vendor/lit-html/lit-html.js";

/** @param {string} path */
const line = (path) => svg`<svg class="icon" viewBox="0 0 24 24" aria-hidden="true" fill="none" stroke="currentColor" stroke-width="2.2" stroke-linecap="round" stroke-linejoin="round"><path d=${path}></path></svg>`;
/** @param {string} path */
const filled = (path) => svg`<svg class="icon" viewBox="0 0 24 24" aria-hidden="true" fill="currentColor"><path d=${path}></path></svg>`;

export const icons = {
  back: line("M15.5 4.5 8 12l7.5 7.5"),
  forth: line("M8.5 4.5 16 12l-7.5 7.5"),
  close: line("M6 6l12 12M18 6 6 18"),
  done: line("M5 12.500 10 17.500 19.500 7"),
  plus: line("M12 5v14M5 12h14"),
  play: filled("M8 5.2v13.6a.8.8 0 0 0 1.2.7l10.6-6.8a.8.8 0 0 0 0-1.4L9.2 4.5a.8.8 0 0 0-1.2.7z"),
  pause: filled("M7 5h3.6v14H7zM13.4 5H17v14h-3.6z"),
  microphone: line("M12 15a3.5 3.5 0 0 0 3.5-3.5v-5a3.5 3.5 0 0 0-7 0v5A3.5 3.5 0 0 0 12 15zM5.5 11.5a6.5 6.5 0 0 0 13 0M12 18v3"),
  moon: line("M19.5 14.5A8 8 0 0 1 9.5 4.5a8 8 0 1 0 10 10z"),
  letters: line("M4 18 9 6l5 12M5.6 14h6.8M15.5 18l2.8-7 2.7 7M16.4 15.6h3.7"),
  screen: line("M4 9V4h5M15 4h5v5M20 15v5h-5M9 20H4v-5"),
  share: line("M12 15V3.5M8 7l4-4 4 4M6 11H5v9.5h14V11h-1"),
  brush: line("M14.5 4.5 19.500 9.5 10 19H5v-5zM12 7l5 5"),
  books: line("M5 4h4v16H5zM9 6h4v14H9zM14.500 6.700l3.800-1 3.700 14-3.800 1z"),
  trash: line("M5 7h14M9.500 7V4.500h5V7M7 7l1 13h8l1-13M10.500 11v5.500M13.500 11v5.500"),
  download: line("M12 4v11M7.500 11l4.500 4.500 4.500-4.500M5 20h14"),
  takeIn: line("M12 15V4M7.500 8.500 12 4l4.500 4.500M5 20h14"),
  settings: line("M4 7h9M17 7h3M4 17h3M11 17h9M15 4.500v5M9 14.500v5"),
  search: line("M10.500 17a6.500 6.500 0 1 0 0-13 6.500 6.500 0 0 0 0 13zM15.500 15.500 20 20"),
  more: filled("M5.500 10a2 2 0 1 0 0 4 2 2 0 0 0 0-4zM12 10a2 2 0 1 0 0 4 2 2 0 0 0 0-4zM18.500 10a2 2 0 1 0 0 4 2 2 0 0 0 0-4z"),
  open: line("M12 6.500C10 5 7 4.500 3.500 4.800v13.400C7 18 10 18.500 12 20c2-1.500 5-2 8.500-1.800V4.800C17 4.500 14 5 12 6.500zM12 6.500V20"),
  pencil: line("M4.500 19.500l1-4.500L16.500 4l3.500 3.500L9 18.500zM14 6.500l3.500 3.500"),
  copy: line("M8.500 8.500h11v11h-11zM15.500 8.500v-4h-11v11h4"),
  leave: line("M10 4.500H5v15h5M14.500 8l4 4-4 4M9.500 12h9"),
  heart: line("M12 20C6.500 16 3.500 12.800 3.500 9.300A4.300 4.300 0 0 1 12 7.800a4.300 4.300 0 0 1 8.500 1.500C20.500 12.800 17.500 16 12 20z"),
  bubble: line("M4.500 5h15a1 1 0 0 1 1 1v9a1 1 0 0 1-1 1H11l-4.500 4v-4h-2a1 1 0 0 1-1-1V6a1 1 0 0 1 1-1zM8 9h8M8 12.500h5"),
  printer: line("M7 8V3.500h10V8M7 17H4V8h16v9h-3M7 14h10v6.500H7z"),
  retry: line("M19 12a7 7 0 1 1-2.200-5.100M19.500 4v4h-4"),
};
