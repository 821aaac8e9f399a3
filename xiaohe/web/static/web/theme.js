// Runs before anything is painted: the chosen look, else what the system prefers.
(() => {
  "use strict";
  const root = document.documentElement;
  const dark = window.matchMedia("(prefers-color-scheme: dark)");
  const apply = () => {
    const chosen = (document.cookie.match(/(?:^|; )xiaohe_theme=(light|dark)/) || [])[1];
    root.setAttribute("data-bs-theme", chosen || (dark.matches ? "dark" : "light"));
  };
  dark.addEventListener("change", apply);
  apply();
})();
