// The style of a screen that few people see comes with its script.

/** Resolves once it is there, and fails if it cannot be had, as an import does. @param {string} name of the file in styles/ */
export function loadStyle(name) {
  return new Promise((done, failed) => {
    const link = document.createElement("link");
    link.rel = "stylesheet";
    link.href = new URL(`styles/${name}.css`, import.meta.url).href;
    link.onload = done;
    link.onerror = () => {
      link.remove();
      failed(new Error(`${link.href} could not be loaded`));
    };
    document.head.append(link);
  });
}
