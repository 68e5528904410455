// What happens on the page: the paper is read while it is drawn on, a picture once it is opened.
import { makeBars, showCaveats, showLooks, showNothing, showPrediction } from "./answer.js";
import { Desk, tell } from "./desk.js";
import { loadRecognizer, recogniseFile } from "./recognizer.js";

const part = (id) => document.getElementById(id);
let recognizer = null;
let [reading, again] = [false, false];

const pictured = async () => desk.picture ?? (desk.drawn ? desk.paper.picture() : null);

// One picture at a time; what changes meanwhile is read next.
async function read() {
  if (recognizer === null || reading) { again = true; return; }
  reading = true;
  document.body.setAttribute("aria-busy", "true");
  do {
    again = false;
    await show().catch((error) => { showNothing(); tell(error); });
  } while (again);
  document.body.removeAttribute("aria-busy");
  reading = false;
}

async function show() {
  const picture = await pictured();
  if (picture === null) { showNothing(); tell(null); return; }
  const found = await recogniseFile(recognizer, picture);
  if (again) return;
  showPrediction(found);
  showLooks(found);
  tell(null);
}

const desk = new Desk(read, read);
part("headline").textContent = "Loading the model";
part("reason").textContent = "This takes some seconds the first time.";
try {
  recognizer = await loadRecognizer();
  makeBars(recognizer.told.classes);
  showCaveats(recognizer.told.caveats);
  part("model").textContent = `model: ${recognizer.told.name}`;
  showNothing();
  read();
} catch (error) {
  part("headline").textContent = "The model could not be loaded";
  tell(error);
}
// Where no worker may run (plain http, a private window) the next visit needs the network again.
navigator.serviceWorker?.register("offline.js").catch(() => {});
