"use strict";
// Turns the leaves, and reads them aloud. One leaf is here; at most one audio plays.
(() => {
  const leaves = [...document.querySelectorAll(".leaf")];
  const byId = (id) => document.getElementById(id);
  const aloud = byId("aloud");
  const ALOUD = aloud.getAttribute("aria-label");
  const READ_ON = aloud.textContent;
  const PAUSE_MS = 900; // between two pages, as long as turning one takes
  const SWIPE_PX = 45;
  let here = 0;
  let readsOn = false; // `READ_ON`: goes on to the next page by itself
  let pause = 0;

  // ---------------------------------------------------------------------------------- turning
  const dots = leaves.map((leaf, n) => {
    const dot = document.createElement("button");
    dot.type = "button";
    dot.setAttribute("aria-label", leaf.getAttribute("aria-label"));
    dot.addEventListener("click", () => turnTo(n));
    const item = document.createElement("li");
    item.append(dot);
    byId("dots").append(item);
    return dot;
  });

  function show() {
    leaves.forEach((leaf, n) => {
      leaf.classList.toggle("here", n === here);
      leaf.inert = n !== here;
      dots[n].toggleAttribute("aria-current", n === here);
    });
    byId("back").disabled = here === 0;
    byId("forth").disabled = here === leaves.length - 1;
    byId("where").textContent = leaves[here].getAttribute("aria-label");
    history.replaceState(null, "", `#${leaves[here].id}`);
    fit();
  }

  // Letters shrink until the page's text fits; what still does not scrolls, and a sign says so.
  const SMALLEST = 0.78; // of the usual size: 14 px on the smallest telephones
  const textOf = (leaf) => leaf.querySelector(".text");

  function fit() {
    const text = textOf(leaves[here]);
    if (!text) return;
    const tooLong = () => text.scrollHeight > text.clientHeight + 1;
    for (let size = 1; ; size -= 0.04) {
      text.style.setProperty("--fit", size.toFixed(2));
      if (!tooLong() || size <= SMALLEST) break;
    }
    if (tooLong()) text.tabIndex = 0;
    else text.removeAttribute("tabindex");
    sign(text);
  }

  function sign(text) {
    text.classList.toggle("more", text.scrollTop + text.clientHeight < text.scrollHeight - 4);
  }

  leaves.map(textOf).forEach((text) => text?.addEventListener("scroll", () => sign(text), { passive: true }));
  addEventListener("resize", fit);

  function turnTo(target) {
    if (target < 0 || target >= leaves.length || target === here) return;
    hush();
    const [old, next] = [leaves[here], leaves[target]];
    leaves.forEach((leaf) => leaf.classList.remove("lifting", "laying", "under"));
    if (target > here) animate(old, "lifting");
    else {
      old.classList.add("under");
      animate(next, "laying", () => old.classList.remove("under"));
    }
    here = target;
    show();
    if (readsOn) readSoon();
  }

  function animate(leaf, name, then = () => {}) {
    leaf.classList.add(name);
    leaf.querySelector(".sheet").addEventListener(
      "animationend",
      () => {
        leaf.classList.remove(name);
        then();
      },
      { once: true },
    );
  }

  const back = () => turnTo(here - 1);
  const forth = () => turnTo(here + 1);

  // ------------------------------------------------------------------------------ reading aloud
  const audioOf = (leaf) => leaf.querySelector("audio");
  const pressed = (button, is) => button.setAttribute("aria-pressed", String(is));

  function pauseAll() {
    clearTimeout(pause);
    document.querySelectorAll("audio").forEach((audio) => audio.pause());
  }

  function hush() {
    pauseAll();
    document.querySelectorAll("audio").forEach((audio) => {
      audio.currentTime = 0;
    });
  }

  function follow(leaf, audio) {
    const spans = [...leaf.querySelectorAll(".spoken")];
    const light = () => {
      const now = audio.currentTime;
      spans.forEach((span) => {
        const lit = !audio.paused && +span.dataset.from <= now && now < +span.dataset.to;
        if (lit && !span.classList.contains("now")) span.scrollIntoView({ block: "nearest" });
        span.classList.toggle("now", lit);
      });
      if (!audio.paused) requestAnimationFrame(light);
    };
    light();
  }

  function read() {
    const audio = audioOf(leaves[here]);
    if (audio) audio.play().catch(stopReading);
    else stopReading();
  }

  function playOrPause(leaf) {
    const audio = audioOf(leaf);
    if (!audio) return;
    if (audio.paused) audio.play().catch(() => {});
    else stopReading();
  }

  function readSoon() {
    clearTimeout(pause);
    pause = setTimeout(read, PAUSE_MS);
  }

  function stopReading() {
    readsOn = false;
    pressed(aloud, false);
    aloud.textContent = READ_ON;
    aloud.setAttribute("aria-label", ALOUD);
    pauseAll();
  }

  function toggleReading() {
    if (readsOn) return stopReading();
    readsOn = true;
    pressed(aloud, true);
    aloud.textContent = aloud.dataset.stop;
    aloud.removeAttribute("aria-label");
    if (audioOf(leaves[here])) read();
    else turnTo(0);
  }

  leaves.forEach((leaf) => {
    const audio = audioOf(leaf);
    if (!audio) return;
    const button = leaf.querySelector(".read");
    button.addEventListener("click", () => playOrPause(leaf));
    audio.addEventListener("play", () => {
      pressed(button, true);
      follow(leaf, audio);
    });
    audio.addEventListener("pause", () => {
      pressed(button, false);
      follow(leaf, audio);
    });
    audio.addEventListener("ended", () => {
      if (!readsOn) return;
      pause = setTimeout(() => {
        const last = !leaves.slice(here + 1).some(audioOf);
        if (last) stopReading();
        forth();
      }, PAUSE_MS);
    });
  });

  // ------------------------------------------------------------------------------------- hands
  byId("back").addEventListener("click", back);
  byId("forth").addEventListener("click", forth);
  aloud.addEventListener("click", toggleReading);
  document.querySelector(".again").addEventListener("click", () => turnTo(0));

  const KEYS = {
    ArrowRight: forth,
    PageDown: forth,
    ArrowLeft: back,
    PageUp: back,
    Home: () => turnTo(0),
    End: () => turnTo(leaves.length - 1),
    " ": () => playOrPause(leaves[here]),
    Enter: () => playOrPause(leaves[here]),
  };
  document.addEventListener("keydown", (event) => {
    const act = KEYS[event.key];
    if (!act || event.altKey || event.ctrlKey || event.metaKey) return;
    const pressesButton = event.key === " " || event.key === "Enter";
    if (pressesButton && event.target.closest("button")) return;
    event.preventDefault();
    act();
  });

  const book = byId("book");
  let touch = null;
  book.addEventListener("touchstart", (event) => {
    touch = event.touches.length === 1 ? event.touches[0] : null;
  }, { passive: true });
  book.addEventListener("touchend", (event) => {
    if (!touch) return;
    const [dx, dy] = [event.changedTouches[0].clientX - touch.clientX, event.changedTouches[0].clientY - touch.clientY];
    touch = null;
    if (Math.abs(dx) > SWIPE_PX && Math.abs(dx) > 2 * Math.abs(dy)) (dx < 0 ? forth : back)();
  }, { passive: true });
  book.addEventListener("click", (event) => {
    const chose = String(getSelection()).length > 0;
    if (event.target.closest("button") || chose) return;
    (event.clientX > innerWidth / 2 ? forth : back)();
  });

  // The cover once more, small: set here, since it is too large to be carried twice.
  const keepsake = document.querySelector(".keepsake");
  keepsake.src = document.querySelector(".cover img").src;
  keepsake.hidden = false;

  document.documentElement.classList.add("turning");
  byId("bar").hidden = false;
  here = Math.max(0, leaves.findIndex((leaf) => `#${leaf.id}` === location.hash));
  show();
})();
