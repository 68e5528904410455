// The model on onnxruntime-web: a grey picture -> what recognizer.py says of it.
import { fit, normalised } from "./preparation/preprocess.js";
import { asStored, readPicture } from "./pictures.js";
import * as ort from "./runtime/ort.wasm.bundle.min.js";

const DOUBTFUL = ["unsure", "not a digit"];

export async function loadRecognizer() {
  const told = await (await fetch("model.json")).json();
  ort.env.wasm.numThreads = 1; // more need headers that static hosts do not send
  ort.env.wasm.wasmPaths = { wasm: new URL("runtime/ort-wasm-simd-threaded.wasm", document.baseURI).href };
  const [session, network] = await Promise.all(["model.onnx", "ink.onnx"].map(loadNetwork));
  return { told, session, network };
}

const loadNetwork = (name) => ort.InferenceSession.create(name, { executionProviders: ["wasm"] });

// Where a picture reads badly its stated orientation may be wrong: an answer that is sure without it counts.
export async function recogniseFile(recognizer, file) {
  const found = await recognise(recognizer, await readPicture(file));
  if (!DOUBTFUL.includes(found.status)) return found;
  const stored = await asStored(file);
  if (stored === null) return found;
  const other = await recognise(recognizer, await readPicture(stored));
  return other.status === "ok" ? other : found;
}

// seen: the rows of what the model saw, or null where there is no ink.
export async function recognise({ told, session, network }, grey) {
  const { seen, writing } = await fit(grey, told.preprocess, network);
  if (seen === null)
    return { status: "not a digit", label: null, name: null, probability: null, probabilities: [], reason: told.no_ink, seen };
  const { width, height, data } = seen;
  const images = new ort.Tensor("float32", normalised(data, told.preprocess), [1, 1, height, width]);
  const { logits, ood_score } = await session.run({ images });
  const probabilities = softmax(logits.data, told.temperature);
  const rows = Array.from({ length: height }, (_, row) => [...data.subarray(row * width, (row + 1) * width)]);
  const found = answer(told, probabilities, ood_score ? ood_score.data[0] : 0);
  return { ...found, ...spokenAgainst(told, writing, found), probabilities, seen: rows };
}

function softmax(logits, temperature) {
  const scaled = Array.from(logits, (logit) => Math.fround(logit / Math.fround(temperature)));
  const highest = Math.max(...scaled);
  const powers = scaled.map((logit) => Math.exp(logit - highest));
  const sum = powers.reduce((total, power) => total + power, 0);
  return powers.map((power) => power / sum);
}

// What the network that found the writing says against an answer, as prediction.py has it.
function spokenAgainst(told, writing, found) {
  if (writing === null || !told.digits_only) return {};
  if (Math.max(writing.several, writing.other) >= told.likely)
    return { status: "not a digit", reason: writing.several > writing.other ? told.several : told.other };
  const highest = Math.max(...writing.digits);
  const digit = `${writing.digits.indexOf(highest)}`;
  if (found.status !== "ok" || found.name === digit || highest < told.likely) return {};
  return { status: "unsure", reason: told.otherwise.replace("{}", digit) };
}

function answer(told, probabilities, ood_score) {
  const probability = Math.max(...probabilities);
  const best = probabilities.indexOf(probability);
  let [status, reason] = ["ok", null];
  if (told.ood_limit !== null && ood_score > told.ood_limit) [status, reason] = ["not a digit", told.unlike];
  else if (told.threshold !== null && probability < told.threshold) {
    status = "unsure";
    reason = `the probability of its most probable class is ${Number((100 * probability).toPrecision(3))} %; ${told.answered}`;
  }
  const inside = told.least === null ? () => false : (each, index) => index === best || each >= told.least[index];
  const set = probabilities.flatMap((each, index) => (inside(each, index) ? [told.labels[index]] : []));
  return { status, label: told.labels[best], name: told.classes[best], probability, prediction_set: set, reason };
}
