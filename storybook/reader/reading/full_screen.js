// The book on the whole screen, where the browser lets it.

export async function toggleFullScreen() {
  try {
    await (document.fullscreenElement ? document.exitFullscreen() : document.documentElement.requestFullscreen());
  } catch {
    // It does not: the book stays as large as it is.
  }
}
