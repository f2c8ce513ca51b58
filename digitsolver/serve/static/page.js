// The page: an image comes in, its reading and its stages are shown.

import { Refused, ask, askForKey } from "./api.js";
import { $, element } from "./elements.js";
import { Lab } from "./lab.js";
import { showReading } from "./reading.js";

let lab = null;
let shown = null;   // { image, truth } of what is on the page
let turn = 0;       // the answer to an older question is not shown

function say(text, problem = false) {
  $("status").textContent = text;
  $("status").classList.toggle("problem", problem);
}

/** Show an image: its reading, and its stages in `style`, or in the one of the model or the lab. */
async function show(image, { name, truth = null, style = null }) {
  shown = { image, truth };
  const anew = style === null;
  say(`Reading ${name} …`);
  if (!lab) return;
  const said = await read();
  if (said?.style) lab.offer(`model ${said.model}`, said.style);
  if (anew) lab.show(image, said?.style);
}

async function read() {
  const mine = (turn += 1);
  try {
    const query = { model: $("model").value, length: $("length").value };
    const said = await ask("v1/explain", { image: shown.image, query });
    if (mine !== turn) return null;
    showReading(said, shown.truth);
    say("");
    document.body.dataset.shown = mine;
    return said;
  } catch (error) {
    if (!(error instanceof Refused)) throw error;
    if (mine === turn) say(error.message, true);
    $("reading").hidden = true;
    return null;
  }
}

// --- an image comes in: dropped, pasted, picked, or one of the samples --------------------------

function take(file) {
  press(null);
  if (file) show(file, { name: file.name || "the image" });
  else say("Expected an image, found none there.", true);
}

async function takeSample(button) {
  press(button);
  const { file, text, style } = button.dataset;
  const image = await (await fetch(`samples/${file}`)).blob();
  const settings = JSON.parse(style);
  const sent = show(image, { name: file, truth: text, style: settings });
  lab?.show(image, settings);
  await sent;
}

function press(button) {
  for (const one of document.querySelectorAll("#samples button")) one.setAttribute("aria-pressed", String(one === button));
}

$("file").addEventListener("change", () => {
  const [file] = $("file").files;
  $("file").value = "";
  if (file) take(file);
});
$("samples").addEventListener("click", ({ target }) => {
  const button = target.closest("button");
  if (button) takeSample(button);
});
document.addEventListener("paste", ({ clipboardData }) => {
  const found = [...clipboardData.files].find((file) => file.type.startsWith("image/"));
  if (found) take(found);
});
for (const kind of ["dragenter", "dragover"]) {
  document.addEventListener(kind, (event) => {
    event.preventDefault();
    $("drop").classList.add("over");
  });
}
document.addEventListener("dragleave", ({ relatedTarget }) => {
  if (!relatedTarget) $("drop").classList.remove("over");
});
document.addEventListener("drop", (event) => {
  event.preventDefault();
  $("drop").classList.remove("over");
  take(event.dataTransfer.files[0]);
});
for (const id of ["model", "length"]) $(id).addEventListener("change", () => shown && read());

// --- the start ---------------------------------------------------------------------------------

async function start() {
  if (document.body.dataset.needsKey === "yes") await askForKey();
  const { models } = await ask("v1/models");
  $("model").replaceChildren(...models.map(({ name }) => element("option", { value: name }, name)));
  $("model-field").hidden = models.length < 2;
  lab = await Lab.open();
  for (const button of document.querySelectorAll("#samples button")) {
    const style = JSON.parse(button.dataset.style);
    lab.offer(`sample ${style.name}`, style);
  }
  if (shown) show(shown.image, { name: "the image", truth: shown.truth });
  else takeSample(document.querySelector("#samples button"));
}

start().catch((error) => say(error.message, true));
