// What happens on the page: the paper is asked about while it is drawn on, a picture once it is opened.
import { makeBars, showLooks, showNothing, showPrediction } from "./answer.js";
import { Paper } from "./paper.js";
import { save, showGrid, showNumbers } from "./reading.js";
import * as server from "./server.js";

const part = (id) => document.getElementById(id);
const PAUSE = 250; // milliseconds without a change after which the answer is explained
let opened = null; // the picture that was opened, in place of the paper
let running = new AbortController(); // what is asked about the present picture
let [asking, again, later] = [false, false, 0];

function trouble(error) {
  if (error?.name === "AbortError") return;
  part("trouble").textContent = error ? (error instanceof TypeError ? "The server does not answer." : error.message) : "";
  part("trouble").hidden = !error;
}

function fresh() {
  running.abort();
  running = new AbortController();
  clearTimeout(later);
  trouble(null);
  return running.signal;
}

// One question at a time; what changes meanwhile is asked about next.
async function askPaper() {
  if (asking) { again = true; return; }
  asking = true;
  try {
    const picture = await paper.picture();
    const found = await server.recognise(picture);
    if (!opened && paper.strokes.length) showPrediction(found);
    trouble(null);
  } catch (error) {
    trouble(error);
  }
  asking = false;
  if (again) { again = false; if (!opened && paper.strokes.length) askPaper(); }
}

function changed() {
  const signal = fresh();
  const drawn = paper.strokes.length > 0;
  part("hint").hidden = drawn;
  part("undo").disabled = part("clear").disabled = !drawn;
  if (!drawn) { showNothing(); return; }
  askPaper();
  later = setTimeout(async () => {
    try { showLooks(await server.explain(await paper.picture(), signal)); } catch (error) { trouble(error); }
  }, PAUSE);
}

function showSide(several) {
  part("single").hidden = several;
  part("several").hidden = !several;
}

async function open(file) {
  if (!file) return;
  opened = file;
  paper.strokes = [];
  part("paper").hidden = true;
  part("hint").hidden = true;
  part("photo").hidden = part("modes").hidden = false;
  part("frame").classList.add("has-photo");
  part("undo").disabled = true;
  part("clear").disabled = false;
  part("boxes").replaceChildren();
  document.querySelector("input[name=mode][value=auto]").checked = true;
  const picture = part("picture");
  URL.revokeObjectURL(picture.src);
  picture.src = URL.createObjectURL(file);
  const shown = await picture.decode().then(() => true, () => false);
  picture.hidden = !shown;
  part("unseen").hidden = shown;
  await read();
}

const mode = () => document.querySelector("input[name=mode]:checked").value;
const several = (page) => page.numbers.reduce((sum, number) => sum + number.digits.length, 0) > 1;

async function read() {
  const signal = fresh();
  const file = opened;
  const how = mode();
  part("shape-form").hidden = how !== "grid";
  const picture = part("picture");
  const size = { width: picture.naturalWidth || 1, height: picture.naturalHeight || 1 };
  part("boxes").replaceChildren();
  document.body.setAttribute("aria-busy", "true");
  try {
    if (how === "auto" || how === "grid") {
      const grid = await server.readGrid(file, how === "grid" ? part("shape").value : "auto", signal);
      if (how === "grid" && !grid.rows.length) throw new Error("This picture shows no ruled table.");
      if (grid.cells.some((cell) => cell.status === "ok")) { showGrid(grid, size); showSide(true); return; }
    }
    if (how !== "digit") {
      const page = await server.readNumbers(file, signal);
      if (how === "numbers" && !page.numbers.length) throw new Error("No numbers were found on this picture.");
      if (how === "numbers" || several(page)) { showNumbers(page, size); showSide(true); return; }
    }
    showSide(false);
    const found = await server.explain(file, signal);
    showPrediction(found.prediction);
    showLooks(found);
  } catch (error) {
    if (error?.name !== "AbortError") { showSide(false); showNothing(); }
    trouble(error);
  } finally {
    document.body.removeAttribute("aria-busy");
  }
}

function clear() {
  opened = null;
  part("photo").hidden = part("modes").hidden = part("shape-form").hidden = true;
  part("paper").hidden = false;
  part("frame").classList.remove("has-photo");
  part("file").value = part("camera").value = "";
  showSide(false);
  paper.clear();
  part("paper").focus({ preventScroll: true });
}

const THEMES = ["auto", "light", "dark"];
function setTheme(name) {
  const root = document.documentElement;
  if (name === "auto") { delete root.dataset.theme; localStorage.removeItem("theme"); }
  else { root.dataset.theme = name; localStorage.setItem("theme", name); }
  part("theme").textContent = `Theme: ${name}`;
  part("theme").setAttribute("aria-label", `Theme: ${name === "auto" ? "as the system" : name}`);
  paper.draw();
}

const paper = new Paper(part("paper"), changed);
setTheme(document.documentElement.dataset.theme ?? "auto");
matchMedia("(prefers-color-scheme: dark)").addEventListener("change", () => paper.draw());
part("theme").onclick = () =>
  setTheme(THEMES[(THEMES.indexOf(document.documentElement.dataset.theme ?? "auto") + 1) % THEMES.length]);
part("shape-form").onsubmit = (event) => { event.preventDefault(); read(); };
part("undo").onclick = () => paper.undo();
part("clear").onclick = clear;
part("save").onclick = save;
for (const id of ["file", "camera"]) part(id).onchange = (event) => open(event.target.files[0]);
for (const choice of document.querySelectorAll("input[name=mode]")) choice.onchange = read;
document.addEventListener("paste", (event) => open([...event.clipboardData.files][0]));
document.addEventListener("dragover", (event) => { event.preventDefault(); part("frame").classList.add("over"); });
for (const name of ["dragleave", "drop"]) document.addEventListener(name, () => part("frame").classList.remove("over"));
document.addEventListener("drop", (event) => { event.preventDefault(); open([...event.dataTransfer.files][0]); });
document.addEventListener("keydown", (event) => {
  if (event.target instanceof HTMLInputElement && event.target.type !== "radio") return;
  if ((event.ctrlKey || event.metaKey) && event.key === "z" && paper.strokes.length) { event.preventDefault(); paper.undo(); }
  if (event.key === "Delete") clear();
});
makeBars([..."0123456789"]);
showNothing();
server.models().then((told) => {
  makeBars(told.classes);
  part("model").textContent = `model: ${told.serving}`;
}, trouble);
