// Several digits: boxes on the photo, the numbers or the table beside it, corrected by keyboard, saved as CSV.
const part = (id) => document.getElementById(id);
const SVG = "http://www.w3.org/2000/svg";
part("photo").append(outlines());
let saved = { header: [], rows: () => [] };

function outlines() {
  const drawing = document.createElementNS(SVG, "svg");
  drawing.id = "boxes";
  drawing.setAttribute("aria-hidden", "true");
  return drawing;
}

const corners = ([left, top, width, height]) => [
  [left, top], [left + width, top], [left + width, top + height], [left, top + height],
];

// What is read of one place: its outline on the photo and its input, which know each other.
function makePlace(what, name, outline) {
  const box = document.createElementNS(SVG, "polygon");
  box.setAttribute("points", outline.map((point) => point.join(",")).join(" "));
  const input = document.createElement("input");
  input.className = "one";
  input.inputMode = "numeric";
  input.autocomplete = "off";
  const long = (what.text ?? "").length > 1;
  input.maxLength = long ? 12 : 1;
  input.style.width = long ? `${0.85 * what.text.length + 1.4}rem` : "";
  input.value = what.text ?? what.label ?? "";
  const place = { ...what, name, box, input, long };
  mark(place, what.status);
  input.addEventListener("focus", () => { box.classList.add("now"); input.select(); });
  input.addEventListener("blur", () => box.classList.remove("now"));
  return place;
}

function mark(place, status) {
  place.status = status;
  place.box.classList.value = place.box.classList.contains("now") ? `now ${status}` : status;
  place.input.classList.value = `one ${status}`;
  const doubt = status === "unsure" ? `, doubtful, ${(100 * place.probability).toFixed(0)} %` : "";
  place.input.setAttribute("aria-label", `${place.name}${status === "empty" ? ", empty" : ""}${doubt}`);
}

// rows: of places, as they stand; typing corrects and goes on, arrow keys move.
function listen(rows) {
  const all = rows.flat();
  const go = (place) => place?.input.focus();
  for (const [row, places] of rows.entries())
    for (const [column, place] of places.entries()) {
      const here = all.indexOf(place);
      const near = {
        ArrowLeft: all[here - 1], ArrowRight: all[here + 1],
        ArrowUp: rows[row - 1]?.[column] ?? rows[row - 1]?.at(-1), ArrowDown: rows[row + 1]?.[column] ?? rows[row + 1]?.at(-1),
      };
      place.input.addEventListener("keydown", (event) => {
        if (event.key in near) { event.preventDefault(); go(near[event.key]); }
        if (event.key === "Enter") { correct(place, place.input.value); nextDoubtful(all, place); }
      });
      place.input.addEventListener("input", () => {
        const typed = place.input.value;
        const possible = place.long ? /^[-0-9.,/:+%()]*$/ : /^[0-9]?$/;
        if (!possible.test(typed)) { place.input.value = place.text ?? place.label ?? ""; return; }
        correct(place, typed);
        if (typed !== "" && !place.long) go(all[here + 1]);
      });
    }
  part("next").onclick = () => nextDoubtful(all, null);
  part("next").disabled = !all.some((place) => place.status === "unsure");
}

function correct(place, typed) {
  place.label = /^[0-9]$/.test(typed) ? Number(typed) : null;
  place.text = typed === "" ? null : typed;
  mark(place, "corrected");
  tellDoubts();
}

function nextDoubtful(all, from) {
  const start = all.indexOf(from) + 1;
  const found = [...all.slice(start), ...all.slice(0, start)].find((place) => place.status === "unsure");
  if (found) found.input.focus();
}

let told = { what: "", all: [] };
function tellDoubts() {
  const doubts = told.all.filter((place) => place.status === "unsure").length;
  const words = doubts === 0 ? "None is doubtful." : doubts === 1 ? "One digit is doubtful." : `${doubts} digits are doubtful.`;
  part("summary").textContent = `${told.what} ${words}`;
  part("next").disabled = doubts === 0;
}

function show(title, what, rows, size) {
  const all = rows.flat();
  part("several-title").textContent = title;
  part("boxes").setAttribute("viewBox", `0 0 ${size.width} ${size.height}`);
  part("boxes").replaceChildren(...all.map((place) => place.box));
  told = { what, all };
  tellDoubts();
  listen(rows);
}

// A number's characters from left to right: the places of its digits, and its signs as they are.
function written(number, places) {
  let digit = 0;
  const said = number.characters?.length ? number.characters : number.digits.map(() => ({ text: "0" }));
  return said.map(({ text }) => (/[0-9]/.test(text) ? places[digit++] : text));
}

function sign(text) {
  const made = document.createElement("span");
  made.className = "sign";
  made.textContent = text;
  return made;
}

const textOf = (number, places) =>
  written(number, places).map((each) => (typeof each === "string" ? each : each.label ?? "")).join("");

export function showNumbers(page, size) {
  const rows = page.numbers.map((number, n) =>
    number.digits.map((digit, d) => makePlace(digit, `Number ${n + 1}, digit ${d + 1}`, corners(digit.box))),
  );
  const list = document.createElement("ol");
  list.className = "numbers";
  for (const [n, places] of rows.entries()) {
    const item = document.createElement("li");
    item.append(...written(page.numbers[n], places).map((each) => (typeof each === "string" ? sign(each) : each.input)));
    list.append(item);
  }
  part("results").replaceChildren(list);
  show("Numbers", `${rows.length} ${rows.length === 1 ? "number" : "numbers"} read${turned(page)}.`, rows, size);
  saved = {
    name: "numbers.csv",
    header: ["number", "place", "label", "probability", "status", "left", "top", "width", "height", "text"],
    rows: () => rows.flatMap((places, n) => places.map((place, d) =>
      [n + 1, d + 1, place.label, place.probability, place.status, ...page.numbers[n].digits[d].box,
        textOf(page.numbers[n], places)])),
  };
}

export function showGrid(grid, size) {
  const width = grid.rows[0].length;
  const places = grid.cells.map((cell) => makePlace(cell, `Row ${cell.row + 1}, column ${cell.column + 1}`, cell.box));
  const rows = grid.rows.map((_, row) => places.slice(row * width, (row + 1) * width));
  const table = document.createElement("table");
  table.className = "cells";
  for (const row of rows) for (const [column, place] of row.entries())
    (column === 0 ? table.insertRow() : table.rows[table.rows.length - 1]).insertCell().append(place.input);
  part("results").replaceChildren(table);
  show("Table", `${rows.length} × ${width} cells read${turned(grid)}.${grid.notes.map((note) => ` Note: ${note}.`).join("")}`, rows, size);
  saved = {
    name: "table.csv",
    header: ["row", "column", "label", "probability", "status", "text"],
    rows: () => places.map((place) => [place.row, place.column, place.label, place.probability, place.status, place.text]),
  };
}

const turned = (found) => (found.turned ? `, turned by ${found.turned} degrees` : "");

// One CSV value: quoted if it holds a comma or a quote, and with a ' before it if a spreadsheet would run it as a formula.
function quoted(value) {
  const text = String(value ?? "");
  const harmless = /^[-+=@]/.test(text) && !/^[-+]?[0-9][0-9.,]*$/.test(text) ? `'${text}` : text;
  return /[",\n]/.test(harmless) ? `"${harmless.replaceAll('"', '""')}"` : harmless;
}

export function save() {
  const lines = [saved.header, ...saved.rows()].map((row) => row.map(quoted).join(","));
  const link = document.createElement("a");
  link.href = URL.createObjectURL(new Blob([`${lines.join("\n")}\n`], { type: "text/csv" }));
  link.download = saved.name;
  link.click();
  setTimeout(() => URL.revokeObjectURL(link.href), 1000);
}
