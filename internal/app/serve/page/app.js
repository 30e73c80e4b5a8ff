// The page: takes a picture from a file, the clipboard, a drop, a sample or the camera, asks the server what it shows, and
// shows the answer and where the time went: classes, boxes, masks or key points, as the model's card says. What the server
// or a file says is only ever put into text, never into HTML.

import { paint } from "/overlay.js";

const $ = (id) => document.getElementById(id);
const el = (tag, className, text) => {
  const e = document.createElement(tag);
  if (className) e.className = className;
  if (text !== undefined) e.textContent = text;
  return e;
};
const params = new URLSearchParams(location.search);

let models = []; // what /api/models says
let model = null; // the chosen one of them
let picture = null; // the last one that a visitor gave, as it is sent
let shown = null; // the answer that the overlay shows, and its mask
let steps = []; // of the last answer, times smoothed while the camera runs
let slowestFirst = false;
let camera = null; // the stream, while it runs
let ticket = 0; // of the newest picture: answers to older ones are dropped

// ---- Theme: the system's until the button is used, then the visitor's.

function setTheme(name) {
  document.documentElement.dataset.theme = name;
  $("theme").textContent = name === "dark" ? "☀ Light" : "☾ Dark";
  $("theme").setAttribute("aria-label", `Change to ${name === "dark" ? "light" : "dark"} colours`);
}
const systemDark = matchMedia("(prefers-color-scheme: dark)");
const chosenTheme = () => { try { return localStorage.getItem("theme"); } catch { return null; } };
const systemTheme = () => setTheme(chosenTheme() || (systemDark.matches ? "dark" : "light"));
systemDark.addEventListener("change", systemTheme);
$("theme").addEventListener("click", () => {
  const name = document.documentElement.dataset.theme === "dark" ? "light" : "dark";
  try { localStorage.setItem("theme", name); } catch { /* private window: it lasts until the page is closed */ }
  setTheme(name);
});
systemTheme();

// ---- Numbers

const digits = (v, n) => v.toLocaleString("en", { minimumFractionDigits: n, maximumFractionDigits: n });
const milli = (v) => digits(v, v < 1 ? 3 : v < 100 ? 2 : 0);
const bytes = (n) => n < 1 << 20 ? `${digits(n / 1024, 0)} KiB` : `${digits(n / (1 << 20), 2)} MiB`;
const count = (n) => n >= 1e9 ? `${digits(n / 1e9, 2)} G` : n >= 1e6 ? `${digits(n / 1e6, 2)} M` : digits(n, 0);

// ---- The server

class Busy extends Error {}
class TooLarge extends Error {}

async function ask(path, options) {
  const response = await fetch(path, options).catch(() => { throw new Error("The server does not answer."); });
  const body = await response.json().catch(() => ({}));
  if (response.ok) return body;
  const text = body.error || `The server answered with status ${response.status}.`;
  throw new ({ 413: TooLarge, 503: Busy }[response.status] ?? Error)(text);
}

function fail(error) {
  $("error").textContent = error.message;
  $("error").hidden = false;
}

// ---- Pictures

// sendable returns a file as the server reads it: JPEG and PNG go as they are, others and large ones are drawn anew.
async function sendable(file) {
  return ["image/jpeg", "image/png"].includes(file.type) && file.size <= (model?.max_body ?? 0) ? file : smaller(file);
}

async function smaller(file) {
  const picture = await createImageBitmap(file).catch(() => { throw new Error("The browser cannot read this file as a picture."); });
  const scale = Math.min(1, 1024 / Math.max(picture.width, picture.height));
  return drawn(picture, Math.max(1, Math.round(picture.width * scale)), Math.max(1, Math.round(picture.height * scale)), "image/png");
}

const canvas = el("canvas");
function drawn(source, width, height, type) {
  canvas.width = width;
  canvas.height = height;
  canvas.getContext("2d").drawImage(source, 0, 0, width, height);
  return new Promise((resolve, reject) =>
    canvas.toBlob((blob) => blob ? resolve(blob) : reject(new Error("The browser could not encode the picture.")), type, 0.92));
}

// look asks what a picture shows.
async function look(blob, more = {}) {
  const query = new URLSearchParams({ model: model.id, steps: 1, ...more });
  if (model.task === "classify") query.set("top", 5);
  if (model.threshold) query.set("threshold", $("threshold").value / 100);
  if ($("see").checked) query.set("input", 1);
  return ask(`${model.path}?${query}`, { method: "POST", headers: { "Content-Type": blob.type }, body: blob });
}

// take has the network look at a picture that a visitor gave and shows both.
async function take(file) {
  stopCamera();
  const mine = ++ticket;
  $("error").hidden = true;
  const preview = $("preview");
  if (preview.src) URL.revokeObjectURL(preview.src);
  preview.src = URL.createObjectURL(file);
  preview.alt = file.name ? `Your picture: ${file.name}` : "Your picture";
  preview.onload = () => preview.classList.toggle("tiny", preview.naturalWidth <= 96);
  preview.onerror = () => showPreview(false);
  showPreview(true);
  waiting("Looking…");
  try {
    let blob = await sendable(file);
    const answer = await look(blob).catch(async (error) => {
      if (blob !== file || !(error instanceof TooLarge)) throw error;
      blob = await smaller(file); // of more pixels than the server takes
      return look(blob);
    });
    if (mine !== ticket) return;
    picture = blob;
    steps = answer.steps ?? [];
    measured = "";
    await show(answer);
    await measureAgain(blob, answer, mine);
  } catch (error) {
    if (mine !== ticket) return;
    forget();
    fail(error);
  }
}

// measureAgain repeats a quick network a few times: one run says little about layers of microseconds.
async function measureAgain(blob, answer, mine) {
  const all = [answer];
  while (all.length < 7 && answer.ms.run < 200) {
    const again = await look(blob).catch(() => null); // the answer is there already: what fails here is no matter
    if (mine !== ticket || !again) return;
    all.push(again);
  }
  const median = (values) => values.sort((a, b) => a - b)[values.length >> 1];
  steps = answer.steps.map((s, i) => ({ ...s, ms: median(all.map((run) => run.steps[i].ms)) }));
  measured = all.length > 1 ? `Median of ${all.length} runs` : "";
  const ms = Object.fromEntries(Object.keys(answer.ms).map((part) => [part, median(all.map((run) => run.ms[part]))]));
  await show({ ...answer, ms });
}

// lookAgain asks about the same picture, after a setting was changed.
let pause = 0;
function lookAgain() {
  if (camera || !picture || !model.images) return; // the camera's next picture is asked about so
  clearTimeout(pause);
  const mine = ++ticket;
  pause = setTimeout(async () => {
    try {
      const answer = await look(picture);
      if (mine !== ticket) return;
      steps = answer.steps ?? [];
      measured = "";
      $("error").hidden = true;
      await show(answer);
    } catch (error) {
      if (mine !== ticket) return;
      forget();
      fail(error);
    }
  }, 120);
}

function showThreshold() {
  $("threshold-value").textContent = `${$("threshold").value} %`;
}
$("threshold").addEventListener("input", () => { showThreshold(); lookAgain(); });
$("see").addEventListener("change", () => { $("seen").hidden = true; lookAgain(); });

function showPreview(shown) {
  $("preview").hidden = !shown;
  $("hint").hidden = shown;
  $("drop").classList.toggle("filled", shown);
}

function waiting(text) {
  $("verdict").textContent = text;
  $("verdict").className = "waiting";
}

// forget takes an old answer away: it would seem to belong to the new picture.
function forget() {
  waiting("");
  $("top").replaceChildren();
  $("times").hidden = $("seen").hidden = true;
  shown = null;
  overlay();
  steps = [];
  showSteps();
}

$("choose").addEventListener("click", () => $("file").click());
$("drop").addEventListener("click", () => { if (!camera) $("file").click(); });
$("file").addEventListener("change", () => {
  const [file] = $("file").files;
  if (file) take(file);
  $("file").value = ""; // so that the same file may be chosen again
});
for (const name of ["dragenter", "dragover"]) {
  document.addEventListener(name, (event) => { event.preventDefault(); $("drop").classList.add("over"); });
}
document.addEventListener("dragleave", (event) => { if (!event.relatedTarget) $("drop").classList.remove("over"); });
document.addEventListener("drop", (event) => {
  event.preventDefault();
  $("drop").classList.remove("over");
  const [file] = event.dataTransfer.files;
  if (file) take(file);
});
document.addEventListener("paste", (event) => {
  const file = [...event.clipboardData.files].find((f) => f.type.startsWith("image/"));
  if (file) take(file);
});

async function takeSample(name) {
  const response = await fetch(`/api/samples/${encodeURIComponent(name)}`);
  if (!response.ok) throw new Error(`There is no sample ${name}.`);
  const blob = await response.blob();
  await take(new File([blob], name, { type: blob.type }));
}

async function showSamples() {
  const names = await ask("/api/samples");
  for (const name of names) {
    const label = name.replace(/\.[a-z]+$/, "");
    const button = el("button");
    const picture = el("img");
    button.type = "button";
    button.title = button.dataset.name = label;
    picture.src = `/api/samples/${encodeURIComponent(name)}`;
    picture.alt = `Sample: ${label}`;
    button.append(picture);
    button.addEventListener("click", () => takeSample(name).catch(fail));
    $("samples").append(button);
  }
  fitSamples();
  return names;
}

// fitSamples shows a classifier the pictures of one thing, and a detector the one with several.
function fitSamples() {
  const unfit = { classify: (name) => name === "road", detect: (name) => name !== "road" }[model.task] ?? (() => false);
  for (const button of $("samples").children) button.hidden = unfit(button.dataset.name);
  $("samples").hidden = !model.images || $("samples").children.length === 0;
}

// ---- The camera: one picture at a time, the next when the answer is there.

$("camera").addEventListener("click", () => camera ? stopCamera() : startCamera());

async function startCamera() {
  $("error").hidden = true;
  if (!navigator.mediaDevices?.getUserMedia) {
    fail(new Error("The browser gives the camera only to pages from localhost or over https."));
    return;
  }
  const mine = ++ticket;
  $("camera").disabled = true;
  try {
    const stream = await navigator.mediaDevices.getUserMedia({ video: { facingMode: "environment", width: { ideal: 640 } }, audio: false });
    if (mine !== ticket) { // a picture was chosen meanwhile
      stream.getTracks().forEach((track) => track.stop());
      return;
    }
    camera = stream;
  } catch (error) {
    fail(new Error(error.name === "NotAllowedError" ? "The camera was not allowed." : error.name === "NotFoundError" ? "There is no camera here." : `The camera cannot be used: ${error.message}`));
    return;
  } finally {
    $("camera").disabled = false;
  }
  for (const track of camera.getTracks()) track.addEventListener("ended", stopCamera);
  $("camera").textContent = "Stop the camera";
  $("camera").setAttribute("aria-pressed", "true");
  $("verdict").setAttribute("aria-live", "off"); // a screen reader could not keep up
  showPreview(false);
  $("hint").hidden = true;
  $("video").hidden = false;
  $("drop").classList.add("filled");
  forget();
  $("video").srcObject = camera;
  try {
    await $("video").play();
  } catch { /* stopped before it began */ }
  if (camera) watch(mine);
}

function stopCamera() {
  if (!camera) return;
  ++ticket;
  camera.getTracks().forEach((track) => track.stop());
  camera = null;
  $("video").srcObject = null;
  $("video").hidden = true;
  $("fps").hidden = true;
  showPreview(false);
  picture = null;
  forget();
  $("camera").textContent = "Use the camera";
  $("camera").setAttribute("aria-pressed", "false");
  $("verdict").setAttribute("aria-live", "polite");
}

const sleep = (time) => new Promise((resolve) => setTimeout(resolve, time));
const nextFrame = () => new Promise((resolve) => requestAnimationFrame(resolve)); // none while the page is hidden

async function watch(mine) {
  const video = $("video");
  let period = 0; // of one picture, ms, smoothed
  let last = performance.now();
  let drawnAt = 0;
  steps = [];
  while (mine === ticket) {
    await nextFrame();
    if (mine !== ticket) return;
    if (!video.videoWidth) continue;
    // Twice the network's input is enough for it, and small to send.
    const [, high, wide] = model.shape;
    const scale = Math.min(1, 2 * Math.max(high, wide, 64) / Math.min(video.videoWidth, video.videoHeight));
    try {
      const answer = await look(await drawn(video, Math.round(video.videoWidth * scale), Math.round(video.videoHeight * scale), "image/jpeg"));
      if (mine !== ticket) return;
      smooth(answer.steps ?? []);
      measured = "Average of the last pictures";
      const now = performance.now();
      period = period ? 0.9 * period + 0.1 * (now - last) : now - last;
      last = now;
      $("error").hidden = true;
      $("fps").textContent = `${digits(1000 / period, 1)} fps · network ${milli(answer.ms.run)} ms`;
      $("fps").hidden = false;
      if (answer.boxes || answer.regions || now - drawnAt > 100) { // numbers more often nobody can read
        drawnAt = now;
        await show(answer);
      }
    } catch (error) {
      if (mine !== ticket) return;
      fail(error);
      if (!(error instanceof Busy)) stopCamera();
      else await sleep(1000);
    }
  }
}

// smooth averages the layers' times over pictures.
function smooth(fresh) {
  if (steps.length !== fresh.length) steps = fresh;
  else steps = fresh.map((s, i) => ({ ...s, ms: 0.9 * steps[i].ms + 0.1 * s.ms }));
}

// ---- Showing

const nameOf = (c) => c.label || `class ${c.class}`;
const colourOf = (i) => model.palette[i % model.palette.length];
const score = (v) => `${digits(100 * v, v < 0.995 ? 0 : 1)} %`;

// rowsOf are the lines of an answer: a name, a value, a length from 0 to 1, and a colour if the picture has it.
function rowsOf(answer) {
  if (answer.boxes) {
    return answer.boxes.map((b, i) => ({ name: b.label || (model.task === "keypoints" ? `pose ${i + 1}` : `class ${b.class}`), value: score(b.score), length: b.score, colour: colourOf(b.class) }));
  }
  if (answer.regions) {
    return answer.regions.map((r) => ({ name: nameOf(r), value: score(r.share), length: r.share, colour: r.class ? colourOf(r.class) : "transparent" }));
  }
  const top = answer.top ?? [];
  const low = Math.min(0, ...top.map((c) => c.score));
  const high = answer.probabilities ? 1 : Math.max(top[0]?.score ?? 0, low + 1e-9);
  return top.map((c) => ({ name: nameOf(c), value: answer.probabilities ? `${digits(100 * c.score, 1)} %` : digits(c.score, 3), length: (c.score - low) / (high - low) }));
}

// verdictOf says it in a line: the best class, or how many of what.
function verdictOf(answer, rows) {
  if (answer.top) return rows[0]?.name ?? "Nothing above the threshold";
  const counts = new Map();
  for (const row of rows) if (!answer.regions || row.colour !== "transparent") counts.set(row.name, (counts.get(row.name) ?? 0) + 1);
  if (!counts.size) return "Nothing found";
  const words = [...counts].slice(0, 4).map(([name, n]) => n > 1 ? `${n} × ${name}` : name);
  return words.join(", ") + (counts.size > 4 ? " …" : "");
}

const maxRows = 12;

async function show(answer) {
  const rows = rowsOf(answer);
  $("verdict").textContent = verdictOf(answer, rows);
  $("verdict").className = "";
  const list = $("top");
  list.classList.toggle("small", !answer.top);
  const few = rows.slice(0, maxRows);
  if (rows.length > maxRows) few[maxRows - 1] = { name: `and ${rows.length - maxRows + 1} more`, value: "", length: 0 };
  while (list.children.length > few.length) list.lastChild.remove();
  few.forEach((row, i) => {
    let item = list.children[i];
    if (!item) {
      item = el("li");
      const track = el("div", "track");
      track.setAttribute("aria-hidden", "true");
      track.append(el("div"));
      item.append(el("span", "name"), el("span", "value"), track);
      list.append(item);
    }
    const name = item.querySelector(".name");
    name.textContent = name.title = row.name;
    name.classList.toggle("swatch", !!row.colour);
    name.style.setProperty("--swatch", row.colour ?? "");
    item.querySelector(".value").textContent = row.value;
    item.querySelector(".track div").style.width = `${Math.max(0, Math.min(1, row.length)) * 100}%`;
  });
  facts($("times"), [
    ["Network", `${milli(answer.ms.run)} ms`],
    ["Decode + prepare", `${milli(answer.ms.decode + answer.ms.prepare)} ms`],
    ["Picture", `${answer.width} × ${answer.height}`],
  ]);
  $("times").hidden = false;
  if (answer.input) showInput(answer.input);
  showSteps();
  const mask = answer.mask ? await createImageBitmap(blobOf(answer.mask)).catch(() => null) : null;
  shown = { answer, mask };
  overlay();
}

function blobOf(file) {
  return new Blob([Uint8Array.from(atob(file.data), (c) => c.charCodeAt(0))], { type: file.type });
}

function showInput(file) {
  const image = $("seen-input");
  if (image.src) URL.revokeObjectURL(image.src);
  image.src = URL.createObjectURL(blobOf(file));
  $("seen-text").textContent = `The picture as the network's input: ${model.input}`;
  $("seen").hidden = !$("see").checked;
}

// overlay draws what the last answer found over the picture or the video.
function overlay() {
  paint($("overlay"), shown?.answer, shown?.mask, {
    colours: model?.palette ?? ["#000000"], edges: model?.edges ?? [], least: model?.task === "keypoints" ? $("threshold").value / 100 : 0,
    name: nameOf, percent: score,
  });
}
new ResizeObserver(overlay).observe($("overlay"));

function facts(list, rows) {
  list.replaceChildren(...rows.map(([term, value, long]) => {
    const row = el("div", long ? "long" : "");
    row.append(el("dt", "", term), el("dd", "", value));
    return row;
  }));
}

const kindNames = ["Convolution", "Pooling", "Fully connected", "Normalisation", "Other"];
function kindOf(op) {
  const o = op.toLowerCase();
  if (o.includes("conv")) return 0;
  if (o.includes("pool")) return 1;
  if (o.includes("fc") || o.includes("gemm")) return 2;
  if (o.includes("lrn") || o.includes("norm")) return 3;
  return 4;
}

// brief says a module's name once where a step is made of several of its layers: "a/x + a/y" is "a/x + y".
function brief(name) {
  const [first, ...others] = name.split(" + ");
  const module = first.slice(0, first.lastIndexOf("/") + 1);
  return [first, ...others.map((n) => module && n.startsWith(module) ? n.slice(module.length) : n)].join(" + ");
}

const percent = (share) => share > 0 && share < 0.001 ? "< 0.1 %" : `${digits(100 * share, 1)} %`;

let measured = ""; // how the times of steps came about

function showSteps() {
  $("layers-runs").textContent = steps.length ? measured : "";
  const total = steps.reduce((sum, s) => sum + s.ms, 0);
  $("layers-empty").hidden = steps.length > 0;
  $("kinds").hidden = $("layers-box").hidden = steps.length === 0;
  if (!(total > 0)) return;

  const sums = kindNames.map(() => 0);
  for (const s of steps) sums[kindOf(s.op)] += s.ms;
  const stack = el("div", "stack"), legend = el("div", "legend");
  stack.setAttribute("aria-hidden", "true");
  sums.forEach((sum, kind) => {
    if (!sum) return;
    const part = el("div", `kind-${kind}`);
    part.style.width = `${100 * sum / total}%`;
    stack.append(part);
    legend.append(el("span", `kind-${kind}`, `${kindNames[kind]} ${percent(sum / total)}`));
  });
  $("kinds").replaceChildren(stack, legend);

  const longest = Math.max(...steps.map((s) => s.ms));
  const order = slowestFirst ? [...steps].sort((a, b) => b.ms - a.ms) : steps;
  const body = $("layers").tBodies[0];
  while (body.rows.length > order.length) body.deleteRow(-1);
  order.forEach((s, i) => {
    let row = body.rows[i];
    if (!row) {
      row = body.insertRow();
      for (const className of ["", "", "number", "number", "kernel"]) row.insertCell().className = className;
      row.cells[1].append(el("div"));
    }
    row.cells[0].textContent = brief(s.name);
    row.cells[0].title = s.name;
    row.cells[1].firstChild.className = `fill kind-${kindOf(s.op)}`;
    row.cells[1].firstChild.style.width = `${100 * s.ms / longest}%`;
    row.cells[2].textContent = milli(s.ms);
    row.cells[3].textContent = percent(s.ms / total);
    row.cells[4].textContent = row.cells[4].title = s.kernel;
  });
}

for (const [id, slowest] of [["by-order", false], ["by-time", true]]) {
  $(id).addEventListener("click", () => {
    slowestFirst = slowest;
    $("by-order").setAttribute("aria-pressed", String(!slowest));
    $("by-time").setAttribute("aria-pressed", String(slowest));
    showSteps();
  });
}

function choose(id) {
  model = models.find((m) => m.id === id) ?? models[0];
  $("model").value = model.id;
  $("threshold").value = Math.round(100 * (model.threshold || 0.5));
  showThreshold();
  showModel();
}

$("model").addEventListener("change", () => {
  choose($("model").value);
  forget();
  if (!model.images) stopCamera();
  lookAgain();
});

function showModel() {
  $("tensors").hidden = model.images;
  $("tensors").textContent = `${model.name} takes tensors, not pictures: ask it by POST ${model.path}, in the Open Inference Protocol.`;
  for (const id of ["drop", "settings", "result-panel", "layers-panel", "choose", "camera"]) $(id).hidden = !model.images;
  fitSamples();
  $("threshold-row").hidden = !model.threshold;
  document.title = `gneiss: ${model.name}`;
  $("subtitle").textContent = `${model.name} · ${model.dtype} · ${model.isa}`;
  $("note").textContent = model.note ?? "";
  $("note").hidden = !model.note;
  facts($("card"), [
    ["Name", model.name],
    ["Task", model.head ? `${model.task}, by ${model.head}` : model.task],
    ["From", model.source],
    ["Weights", `${model.dtype}, ${count(model.params)} parameters`],
    ["Work per picture", `${count(model.macs)} multiply-adds`],
    ["Layers", String(model.layers)],
    ["Classes", model.classes ? String(model.classes) : "not named"],
    ["Instruction set", model.isa],
    ["Sessions × threads", `${model.sessions} × ${model.threads}`],
    ["Memory of a session", bytes(model.arena_bytes) + (model.arena_bytes === model.arena_lower_bound ? ", the least possible" : ` (least possible ${bytes(model.arena_lower_bound)})`)],
    ["Packed weights", bytes(model.weight_bytes)],
    ["Input", model.input || `tensors of ${(model.shape ?? []).join(" × ")}`, true],
    ...(model.licence ? [["Licence", model.licence, true]] : []),
    ["Processor", model.cpu || "unknown", true],
  ]);
}

// ---- Start. ?model=ID chooses a model, ?sample=N (from 1) looks at a sample at once, ?camera=1 starts the camera.

async function start() {
  waiting("No picture yet.");
  models = await ask("/api/models");
  for (const m of models) {
    const option = el("option", "", `${m.name} (${m.task})`);
    option.value = m.id;
    $("model").append(option);
  }
  $("models").hidden = models.length < 2;
  choose(params.get("model"));
  const names = await showSamples();
  const wanted = names[Number(params.get("sample")) - 1];
  if (wanted) await takeSample(wanted);
  if (params.get("camera")) await startCamera();
}
start().catch(fail);
