// The one place that talks to the server.
const dialog = document.getElementById("ask-token");

async function askToken() {
  if (!dialog.open) dialog.showModal();
  await new Promise((done) => dialog.addEventListener("close", done, { once: true }));
  sessionStorage.setItem("token", document.getElementById("token").value.trim());
}

async function ask(path, options = {}) {
  const token = sessionStorage.getItem("token");
  const headers = { ...options.headers, ...(token ? { Authorization: `Bearer ${token}` } : {}) };
  const answer = await fetch(path, { ...options, headers });
  if (answer.status === 401) {
    await askToken();
    return ask(path, options);
  }
  const told = await answer.json();
  if (!answer.ok) throw new Error(told.detail);
  return told;
}

function post(path, picture, signal) {
  const kind = picture.type.startsWith("image/") ? picture.type : "application/octet-stream";
  return ask(path, { method: "POST", body: picture, headers: { "Content-Type": kind }, signal });
}

export const models = () => ask("v1/models");
export const recognise = async (picture, signal) =>
  (await post("v1/predict?probabilities=true", picture, signal)).predictions[0];
export const explain = (picture, signal) => post("v1/explain", picture, signal);
export const readNumbers = async (picture, signal) => (await post("v1/read", picture, signal)).pages[0];
export const readGrid = async (picture, shape, signal) =>
  (await post(`v1/read?grid=${encodeURIComponent(shape)}`, picture, signal)).grids[0];
