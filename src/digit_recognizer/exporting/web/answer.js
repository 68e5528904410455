// One digit's answer: the verdict, a bar for each class, what the model saw and what spoke for it.
const part = (id) => document.getElementById(id);
const percent = (share) => (share > 0.9995 && share < 1 ? "> 99.9 %" : `${(100 * share).toFixed(share < 0.1 ? 1 : share > 0.99 ? 1 : 0)} %`);

let shown = []; // the classes' names, in the order of the bars
export function makeBars(classes) {
  shown = classes;
  part("bars").replaceChildren(
    ...classes.map((name) => {
      const bar = document.createElement("li");
      bar.innerHTML = '<span class="share"></span><span class="column"><span class="fill"></span></span><b></b>';
      bar.querySelector("b").textContent = name;
      return bar;
    }),
  );
  showBars([], null, "none");
}

// What every answer of the model says.
export function showCaveats(caveats) {
  part("caveats").textContent = caveats.join(" ");
  part("caveats").hidden = caveats.length === 0;
}

function showBars(probabilities, name, status) {
  for (const [number, bar] of [...part("bars").children].entries()) {
    const share = probabilities[number] ?? 0;
    bar.querySelector(".fill").style.height = `${100 * share}%`;
    bar.querySelector(".share").textContent = share >= 0.01 ? `${Math.round(100 * share)}` : "";
    bar.classList.toggle("top", shown[number] === name);
    bar.classList.toggle("doubt", shown[number] === name && status !== "ok");
  }
}

export function showNothing() {
  verdict("none", "–", "Nothing drawn yet", "The answer appears while you draw.");
  showBars([], null, "none");
  showLooks(null);
}

export function showPrediction(found) {
  const best = found.name === null ? "" : `${found.name}, ${percent(found.probability)}`;
  if (found.status === "ok") verdict("ok", found.name, `${percent(found.probability)} sure`, "");
  else if (found.status === "unsure") verdict("unsure", found.name, "Unsure", `Perhaps ${best}: ${found.reason}.`);
  else verdict(found.status, found.name ?? "–", "Not a digit", `${found.reason}${best ? `; at best ${best}` : ""}.`);
  showBars(found.probabilities ?? [], found.name, found.status);
  part("spoken").textContent = found.status === "ok" ? `${best}` : `${part("headline").textContent}. ${part("reason").textContent}`;
}

function verdict(status, digit, headline, reason) {
  part("verdict").dataset.status = status;
  part("digit").textContent = digit;
  part("headline").textContent = headline;
  part("reason").textContent = reason;
  if (status === "none") part("spoken").textContent = "";
}

// seen: grey levels; heat: log odds, of which the strongest gets the full colour.
export function showLooks(found) {
  const [seen, heat] = [found?.seen ?? null, found?.heat ?? null];
  paint(part("seen"), seen, (row, column) => Array(3).fill(seen[row][column]));
  if (!part("heat")) return;
  const strongest = heat === null ? 1 : Math.max(1e-9, ...heat.flat().map(Math.abs));
  paint(part("heat"), heat, (row, column) => {
    const share = heat[row][column] / strongest;
    const colour = share > 0 ? [70, 130, 255] : [255, 140, 30];
    const grey = 0.45 * seen[row][column];
    return colour.map((level) => grey + Math.min(1, 1.3 * Math.abs(share)) * (level - 0.6 * grey));
  });
}

function paint(canvas, rows, colourAt) {
  const size = rows?.length ?? 28;
  canvas.width = canvas.height = size;
  const context = canvas.getContext("2d");
  if (rows === null) return;
  const image = context.createImageData(size, size);
  for (let row = 0; row < size; row += 1)
    for (let column = 0; column < size; column += 1)
      image.data.set([...colourAt(row, column), 255], 4 * (row * size + column));
  context.putImageData(image, 0, 0);
}
