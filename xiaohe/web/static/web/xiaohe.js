// Everything the pages need beyond htmx. Behaviour hangs on data attributes, so markup stays readable:
//   data-copy="#id" | data-copy-text="…"  copy; data-tap="/url" is posted after it, data-copied is the feedback
//   data-open="#dialog"                   open a sheet          data-close   close the one around
//   data-sift                             what is in it is sifted by what is typed into its data-sift-by
//   data-theme-toggle                     light / dark          data-print   print
"use strict";

const YEAR = 60 * 60 * 24 * 365;
const TOAST_MS = 5000;

// ---- copy: navigator.clipboard needs a secure context, which http://192.168.… is not ----
async function copyText(text) {
  if (window.isSecureContext && navigator.clipboard) {
    try {
      await navigator.clipboard.writeText(text);
      return true;
    } catch (refused) {
      // A browser may refuse without a permission prompt; the old way below still works.
    }
  }
  const area = document.createElement("textarea");
  area.value = text;
  area.setAttribute("readonly", "");
  area.className = "sr-only";
  // Inside an open dialog everything else is inert, so the helper must live in it.
  const host = document.querySelector("dialog[open]") || document.body;
  host.append(area);
  const before = document.activeElement;
  area.select();
  area.setSelectionRange(0, text.length);
  const done = document.execCommand("copy");
  area.remove();
  if (before && before.focus) before.focus({ preventScroll: true });
  return done;
}

function say(text) {
  const live = document.getElementById("live");
  if (live) live.textContent = text;
}

async function onCopy(button) {
  const source = button.dataset.copy ? document.querySelector(button.dataset.copy) : null;
  const text = source ? (source.value ?? source.innerText).trim() : button.dataset.copyText;
  const done = await copyText(text);
  const label = button.querySelector("[data-label]") || button;
  if (!button.dataset.before) button.dataset.before = label.textContent;
  label.textContent = done ? button.dataset.copied : button.dataset.failed;
  button.classList.toggle("copied", done);
  say(label.textContent);
  clearTimeout(Number(button.dataset.timer));
  button.dataset.timer = setTimeout(() => {
    label.textContent = button.dataset.before;
    button.classList.remove("copied");
  }, 1800);
  if (done && button.dataset.tap) {
    htmx.ajax("POST", button.dataset.tap, { source: button, target: "#toasts", swap: "none" });
  }
}

// ---- toasts: gone after five seconds, unless the pointer or the focus rests on one ----
function watchToasts() {
  document.querySelectorAll(".toast-line:not([data-watched])").forEach((toast) => {
    toast.dataset.watched = "1";
    const leave = () => {
      if (toast.matches(":hover, :focus-within")) return setTimeout(leave, 1000);
      toast.classList.add("leaving");
      return setTimeout(() => toast.remove(), 300);
    };
    setTimeout(leave, TOAST_MS);
  });
}

// ---- files: dropped anywhere on the page ----
function watchDrops() {
  const form = document.querySelector("form[data-drop]");
  if (!form) return;
  const input = form.querySelector("input[type=file]");
  const hasFiles = (event) => event.dataTransfer && [...event.dataTransfer.types].includes("Files");
  let depth = 0;
  document.addEventListener("dragenter", (event) => {
    if (!hasFiles(event)) return;
    depth += 1;
    document.body.classList.add("dropping");
  });
  document.addEventListener("dragleave", () => {
    depth = Math.max(0, depth - 1);
    if (!depth) document.body.classList.remove("dropping");
  });
  document.addEventListener("dragover", (event) => {
    if (hasFiles(event)) event.preventDefault();
  });
  document.addEventListener("drop", (event) => {
    if (!hasFiles(event)) return;
    event.preventDefault();
    depth = 0;
    document.body.classList.remove("dropping");
    input.files = event.dataTransfer.files;
    if (input.files.length) form.requestSubmit();
  });
  input.addEventListener("change", () => {
    if (input.files.length) form.requestSubmit();
  });
}

document.addEventListener("click", (event) => {
  const target = event.target.closest("[data-copy], [data-copy-text], [data-open], [data-close], [data-theme-toggle], [data-print]");
  document.querySelectorAll("details.menu[open]").forEach((menu) => {
    if (!menu.contains(event.target)) menu.open = false;
  });
  if (event.target.matches("dialog.sheet")) event.target.close();
  if (!target) return;
  if (target.dataset.copy !== undefined || target.dataset.copyText !== undefined) {
    event.preventDefault();
    onCopy(target);
  } else if (target.dataset.open !== undefined) {
    event.preventDefault();
    document.querySelector(target.dataset.open).showModal();
  } else if (target.dataset.close !== undefined) {
    target.closest("dialog").close();
  } else if (target.dataset.print !== undefined) {
    window.print();
  } else {
    event.preventDefault();
    const next = document.documentElement.getAttribute("data-bs-theme") === "dark" ? "light" : "dark";
    document.cookie = `xiaohe_theme=${next}; path=/; max-age=${YEAR}; samesite=lax`;
    document.documentElement.setAttribute("data-bs-theme", next);
  }
});

document.addEventListener("keydown", (event) => {
  if (event.key === "Escape") {
    document.querySelectorAll("details.menu[open]").forEach((menu) => {
      menu.open = false;
      menu.querySelector("summary").focus();
    });
  }
  const typing = event.target.closest("input, textarea, select, [contenteditable]");
  if (event.key === "/" && !typing && !event.ctrlKey && !event.metaKey) {
    const search = document.querySelector("[data-search]");
    if (search) {
      event.preventDefault();
      search.focus();
    }
  }
});

// ---- sifting: folded lists of buttons or links, by a word of theirs or of their heading ----
function sift(field) {
  const list = field.closest("[data-sift]");
  const words = field.value.trim().toLowerCase().split(/\s+/).filter(Boolean);
  const fits = (text) => words.every((word) => text.toLowerCase().includes(word));
  let found = 0;
  // Inner folds first: one that holds something keeps the one around it.
  [...list.querySelectorAll("[data-sift-in]")].reverse().forEach((fold) => {
    const heading = fold.querySelector(":scope > summary, :scope > h2")?.textContent ?? "";
    let here = fold.querySelectorAll("[data-sift-in]:not([hidden])").length;
    fold.querySelectorAll("[data-sift-one]").forEach((one) => {
      if (one.closest("[data-sift-in]") !== fold) return;
      one.hidden = !fits(`${heading} ${one.textContent}`);
      here += one.hidden ? 0 : 1;
    });
    found += here;
    fold.hidden = !here;
    if (fold.matches("details")) {
      // Folds of one name close each other: while one looks, all that hold something are open.
      if (words.length && fold.name) [fold.dataset.name, fold.name] = [fold.name, ""];
      if (!words.length && fold.dataset.name) fold.name = fold.dataset.name;
      fold.open = words.length > 0;
    }
  });
  list.querySelector("[data-sift-none]").hidden = found > 0;
}

document.addEventListener("input", (event) => {
  if (event.target.matches("[data-sift-by]")) {
    sift(event.target);
    event.stopPropagation();
  }
}, true);
document.addEventListener("keydown", (event) => {
  if (event.key !== "Enter" || !event.target.matches("[data-sift-by]")) return;
  event.preventDefault();
  // Enter also ends what an input method composes.
  if (event.isComposing || !event.target.value.trim()) return;
  const first = event.target.closest("[data-sift]").querySelector("[data-sift-in]:not([hidden]) [data-sift-one]:not([hidden])");
  (first?.querySelector("a") ?? first)?.click();
});
// Without scripts there is nothing to type into.
function showSifts(within) {
  within.querySelectorAll?.("[data-sift] .sift[hidden]").forEach((label) => (label.hidden = false));
}

// ---- htmx ----
document.addEventListener("htmx:load", (event) => showSifts(event.target));
document.addEventListener("htmx:afterSettle", watchToasts);
document.addEventListener("htmx:oobAfterSwap", watchToasts);
document.addEventListener("htmx:xhr:progress", (event) => {
  const bar = event.target.closest("form")?.querySelector("progress[data-upload]");
  if (!bar || !event.detail.lengthComputable) return;
  bar.closest("[hidden]")?.removeAttribute("hidden");
  bar.max = event.detail.total;
  bar.value = event.detail.loaded;
});
document.addEventListener("htmx:afterRequest", (event) => {
  const form = event.target.closest?.("form[data-drop]");
  if (!form) return;
  form.querySelector("progress[data-upload]").parentElement.setAttribute("hidden", "");
  form.reset();
});
document.addEventListener("htmx:sendError", () => {
  const lost = document.getElementById("lost");
  if (lost) document.getElementById("toasts").append(lost.content.cloneNode(true));
  watchToasts();
});
document.addEventListener("DOMContentLoaded", () => {
  showSifts(document);
  watchDrops();
  watchToasts();
});
