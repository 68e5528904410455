// What happens on the page: the paper is asked about while it is drawn on, a picture once it is opened.
import { makeBars, showCaveats, showLooks, showNothing, showPrediction } from "./answer.js";
import { Desk, tell } from "./desk.js";
import { save, showGrid, showNumbers } from "./reading.js";
import * as server from "./server.js";

const part = (id) => document.getElementById(id);
const PAUSE = 250; // milliseconds without a change after which the answer is explained
let running = new AbortController(); // what is asked about the present picture
let [asking, again, later] = [false, false, 0];
let reads = true; // whether the model's classes are digits, so that it reads numbers and tables

function trouble(error) {
  if (error?.name === "AbortError") return;
  tell(error instanceof TypeError ? new Error("The server does not answer.") : error);
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
    const found = await server.recognise(await desk.paper.picture());
    if (desk.drawn) showPrediction(found);
    trouble(null);
  } catch (error) {
    trouble(error);
  }
  asking = false;
  if (again) { again = false; if (desk.drawn) askPaper(); }
}

function drew() {
  const signal = fresh();
  part("modes").hidden = part("shape-form").hidden = true;
  showSide(false);
  if (!desk.drawn) { showNothing(); return; }
  askPaper();
  later = setTimeout(async () => {
    try { showLooks(await server.explain(await desk.paper.picture(), signal)); } catch (error) { trouble(error); }
  }, PAUSE);
}

function showSide(several) {
  part("single").hidden = several;
  part("several").hidden = !several;
}

async function opened(picture, shown) {
  fresh();
  part("boxes").replaceChildren();
  part("modes").hidden = !reads;
  document.querySelector("input[name=mode][value=auto]").checked = true;
  await shown; // its size is known then
  if (desk.picture === picture) await read();
}

const mode = () => (reads ? document.querySelector("input[name=mode]:checked").value : "digit");
const several = (page) => page.numbers.reduce((sum, number) => sum + number.digits.length, 0) > 1;

async function read() {
  const signal = fresh();
  const file = desk.picture;
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
      if (how === "grid" || grid.cells.some((cell) => cell.status === "ok")) { showGrid(grid, size); showSide(true); return; }
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

const desk = new Desk(drew, opened);
part("shape-form").onsubmit = (event) => { event.preventDefault(); read(); };
part("save").onclick = save;
for (const choice of document.querySelectorAll("input[name=mode]")) choice.onchange = read;
makeBars([..."0123456789"]);
showNothing();
server.models().then((told) => {
  makeBars(told.classes);
  reads = told.classes.every((name) => /^[0-9]$/.test(name));
  showCaveats(told.caveats);
  part("model").textContent = `model: ${told.serving}`;
}, trouble);
