// What must run before anything is painted: the theme that was chosen, and a word where the page itself cannot run.
const chosen = localStorage.getItem("theme");
if (chosen) document.documentElement.dataset.theme = chosen;

// A module that is sent with a wrong type, or not at all, tells its script element alone (HTML, "module script").
window.addEventListener("error", ({ target }) => {
  if (!(target instanceof HTMLScriptElement)) return;
  const told = () => {
    document.getElementById("headline").textContent = "The page could not be started";
    document.getElementById("reason").textContent =
      "A part of it did not arrive as a script. Its server must send .js files as text/javascript.";
  };
  if (document.readyState === "loading") document.addEventListener("DOMContentLoaded", told);
  else told();
}, true);
