// The style of a screen that few people see comes with its script.

/** Resolves once it is there. @param {string} name of the file in styles/ */
export function loadStyle(name) {
  return new Promise((done) => {
    const link = document.createElement("link");
    link.rel = "stylesheet";
    link.href = new URL(`styles/${name}.css`, import.meta.url).href;
    link.onload = link.onerror = done;
    document.head.append(link);
  });
}
