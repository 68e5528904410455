// What lies before a person on both pages: the paper or the picture that was opened, their tools, and the theme.
import { Paper } from "./paper.js";

const part = (id) => document.getElementById(id);
const THEMES = ["auto", "light", "dark"];

export class Desk {
  // drew: called when the drawing changed, also when it was cleared. opened: called with a new picture and a promise that
  // tells whether this browser can show it; while it lies there, `picture` is not null.
  constructor(drew, opened) {
    [this.drew, this.opened, this.picture] = [drew, opened, null];
    this.paper = new Paper(part("paper"), () => this.changed());
    this.setTheme(document.documentElement.dataset.theme ?? "auto");
    this.listen();
  }

  get drawn() {
    return this.picture === null && this.paper.strokes.length > 0;
  }

  changed() {
    part("hint").hidden = this.paper.strokes.length > 0;
    part("undo").disabled = part("clear").disabled = this.paper.strokes.length === 0;
    this.drew();
  }

  lay(picture) {
    this.picture = picture;
    part("paper").hidden = picture !== null;
    part("photo").hidden = picture === null;
    part("frame").classList.toggle("has-photo", picture !== null);
  }

  open(file) {
    if (!file) return;
    this.lay(file);
    this.paper.strokes = [];
    part("hint").hidden = part("undo").disabled = true;
    part("clear").disabled = false;
    const image = part("picture");
    URL.revokeObjectURL(image.src);
    image.src = URL.createObjectURL(file);
    const shown = image.decode().then(() => true, () => false);
    shown.then((seen) => { if (this.picture === file) [image.hidden, part("unseen").hidden] = [!seen, seen]; });
    this.opened(file, shown);
  }

  clear() {
    this.lay(null);
    part("file").value = part("camera").value = "";
    this.paper.clear();
    part("paper").focus({ preventScroll: true });
  }

  setTheme(name) {
    const root = document.documentElement;
    if (name === "auto") { delete root.dataset.theme; localStorage.removeItem("theme"); }
    else { root.dataset.theme = name; localStorage.setItem("theme", name); }
    part("theme").textContent = `Theme: ${name}`;
    part("theme").setAttribute("aria-label", `Theme: ${name === "auto" ? "as the system" : name}`);
    this.paper.draw();
  }

  nextTheme() {
    const now = document.documentElement.dataset.theme ?? "auto";
    this.setTheme(THEMES[(THEMES.indexOf(now) + 1) % THEMES.length]);
  }

  listen() {
    matchMedia("(prefers-color-scheme: dark)").addEventListener("change", () => this.paper.draw());
    part("theme").onclick = () => this.nextTheme();
    part("undo").onclick = () => this.paper.undo();
    part("clear").onclick = () => this.clear();
    for (const id of ["file", "camera"]) part(id).onchange = (event) => this.open(event.target.files[0]);
    document.addEventListener("paste", (event) => this.open([...event.clipboardData.files][0]));
    document.addEventListener("dragover", (event) => { event.preventDefault(); part("frame").classList.add("over"); });
    for (const name of ["dragleave", "drop"]) document.addEventListener(name, () => part("frame").classList.remove("over"));
    document.addEventListener("drop", (event) => { event.preventDefault(); this.open([...event.dataTransfer.files][0]); });
    document.addEventListener("keydown", (event) => this.key(event));
  }

  key(event) {
    if (event.target instanceof HTMLInputElement && !["radio", "file"].includes(event.target.type)) return; // typed there
    if (event.key === "Delete") this.clear();
    if (!(event.ctrlKey || event.metaKey) || event.key !== "z" || !this.paper.strokes.length) return;
    event.preventDefault();
    this.paper.undo();
  }
}

// What went wrong, where a screen reader says it; null: nothing.
export function tell(error) {
  part("trouble").textContent = error ? error.message : "";
  part("trouble").hidden = !error;
}
