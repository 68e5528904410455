// What happens on the page: the paper is read while it is drawn on, a picture once it is opened.
import { makeBars, showLooks, showNothing, showPrediction } from "./answer.js";
import { Paper } from "./paper.js";
import { loadRecognizer, recogniseFile } from "./recognizer.js";

const part = (id) => document.getElementById(id);
let opened = null; // the picture that was opened, in place of the paper
let recognizer = null;
let [reading, again] = [false, false];

function trouble(error) {
  part("trouble").textContent = error ? error.message : "";
  part("trouble").hidden = !error;
}

const pictured = async () => opened ?? (paper.strokes.length ? paper.picture() : null);

// One picture at a time; what changes meanwhile is read next.
async function read() {
  if (recognizer === null || reading) { again = true; return; }
  reading = true;
  document.body.setAttribute("aria-busy", "true");
  do {
    again = false;
    await show().catch((error) => { showNothing(); trouble(error); });
  } while (again);
  document.body.removeAttribute("aria-busy");
  reading = false;
}

async function show() {
  const picture = await pictured();
  if (picture === null) { showNothing(); trouble(null); return; }
  const found = await recogniseFile(recognizer, picture);
  if (again) return;
  showPrediction(found);
  showLooks(found);
  trouble(null);
}

function changed() {
  const drawn = paper.strokes.length > 0;
  part("hint").hidden = drawn;
  part("undo").disabled = part("clear").disabled = !drawn;
  read();
}

async function open(file) {
  if (!file) return;
  opened = file;
  paper.strokes = [];
  part("paper").hidden = part("hint").hidden = true;
  part("photo").hidden = false;
  part("frame").classList.add("has-photo");
  part("undo").disabled = true;
  part("clear").disabled = false;
  URL.revokeObjectURL(part("picture").src);
  part("picture").src = URL.createObjectURL(file);
  read();
}

function clear() {
  opened = null;
  part("photo").hidden = true;
  part("paper").hidden = false;
  part("frame").classList.remove("has-photo");
  part("file").value = part("camera").value = "";
  paper.clear();
  part("paper").focus({ preventScroll: true });
}

const THEMES = ["auto", "light", "dark"];
function setTheme(name) {
  const root = document.documentElement;
  if (name === "auto") { delete root.dataset.theme; localStorage.removeItem("theme"); }
  else { root.dataset.theme = name; localStorage.setItem("theme", name); }
  part("theme").textContent = name[0].toUpperCase() + name.slice(1);
  part("theme").setAttribute("aria-label", `Theme: ${name === "auto" ? "as the system" : name}`);
  paper.draw();
}

const paper = new Paper(part("paper"), changed);
setTheme(document.documentElement.dataset.theme ?? "auto");
matchMedia("(prefers-color-scheme: dark)").addEventListener("change", () => paper.draw());
part("theme").onclick = () =>
  setTheme(THEMES[(THEMES.indexOf(document.documentElement.dataset.theme ?? "auto") + 1) % THEMES.length]);
part("undo").onclick = () => paper.undo();
part("clear").onclick = clear;
for (const id of ["file", "camera"]) part(id).onchange = (event) => open(event.target.files[0]);
document.addEventListener("paste", (event) => open([...event.clipboardData.files][0]));
document.addEventListener("dragover", (event) => { event.preventDefault(); part("frame").classList.add("over"); });
for (const name of ["dragleave", "drop"]) document.addEventListener(name, () => part("frame").classList.remove("over"));
document.addEventListener("drop", (event) => { event.preventDefault(); open([...event.dataTransfer.files][0]); });
document.addEventListener("keydown", (event) => {
  if ((event.ctrlKey || event.metaKey) && event.key === "z" && paper.strokes.length) { event.preventDefault(); paper.undo(); }
  if (event.key === "Delete") clear();
});
part("headline").textContent = "Loading the model";
part("reason").textContent = "This takes some seconds the first time.";
try {
  recognizer = await loadRecognizer();
  makeBars(recognizer.told.classes);
  part("model").textContent = `model: ${recognizer.told.name}`;
  showNothing();
  read();
} catch (error) {
  part("headline").textContent = "The model could not be loaded";
  trouble(error);
}
// Where no worker may run (plain http, a private window) the next visit needs the network again.
navigator.serviceWorker?.register("offline.js").catch(() => {});
