// The page: images come in, readings are shown. Nothing goes out.

import { Camera } from "./camera.js";
import { element, figuresOf, percent } from "./figures.js";
import { decodeImage } from "./image.js";
import { Unreadable } from "./prepare.js";
import { Reader } from "./reader.js";
import { HOME, SAMPLES } from "./settings.js";

const $ = (id) => document.getElementById(id);
const camera = new Camera($("video"), $("guide"));
const opening = Reader.open();
let image = null; // what is shown
let reading = null;
let turn = 0; // counts images, so that a slow answer does not replace a later one

// --- reading -----------------------------------------------------------------------------------

/** Read what `get` gives, an image, and show it. */
async function open(get, sample = null) {
  turn += 1;
  const now = turn;
  for (const button of $("samples").querySelectorAll("button")) {
    button.setAttribute("aria-pressed", String(button.value === sample));
  }
  try {
    const found = await get();
    if (now !== turn) return;
    image = found;
    await read(now);
  } catch (error) {
    if (now === turn) fail(error);
  }
}

async function read(now) {
  const reader = await opening;
  const start = performance.now();
  const answer = await reader.read(image, lengthWanted());
  if (now !== turn) return;
  const ms = Math.max(Math.round(performance.now() - start), 1);
  reading = answer;
  const again = answer.again ? ": not sure at first, so it looked again" : "";
  say(`Read in ${ms} ms, on this device${again}.`);
  show();
}

/** Return the number of digits that is asked for, null for any. */
function lengthWanted() {
  const { value, validity } = $("length");
  return value === "" || !validity.valid ? null : Number(value);
}

function say(text, isProblem = false) {
  $("status").textContent = text;
  $("status").classList.toggle("problem", isProblem);
}

function fail(error) {
  reading = null;
  $("answer").hidden = true;
  const isImage = error instanceof Unreadable;
  say(
    isImage ? `Not read: ${error.message}.` : `The model cannot run here: ${error.message}`,
    true,
  );
  if (!isImage) console.error(error);
}

// --- showing -----------------------------------------------------------------------------------

function show() {
  const least = Number($("least").value) / 100;
  $("least-value").textContent = `${$("least").value} %`;
  if (!reading) return;
  const { text, confidence } = reading;
  const isSure = confidence >= least;
  $("text").textContent = isSure ? text : `No answer. The most probable text is ${text}.`;
  $("text").classList.toggle("none", !isSure);
  $("bar").value = confidence;
  $("confidence").textContent = isSure
    ? `confidence ${percent(confidence)}`
    : `confidence ${percent(confidence)}, below ${$("least").value} %`;
  $("figures").replaceChildren(...figuresOf(image, reading));
  $("answer").hidden = false;
}

function showSamples() {
  for (const { file, label, look } of SAMPLES) {
    const shown = element("img", { src: file, alt: `Sample: ${label}`, loading: "lazy" });
    const button = element(
      "button",
      { type: "button", value: file },
      shown,
      look.replace("-", " "),
    );
    button.addEventListener("click", () => open(() => fetchImage(file), file));
    $("samples").append(element("li", {}, button));
  }
}

async function fetchImage(file) {
  return decodeImage(await (await fetch(file)).blob());
}

// --- images that come in -----------------------------------------------------------------------

function openFile(files) {
  const file = files?.[0];
  if (file) open(() => decodeImage(file));
}

$("choose").addEventListener("click", () => $("file").click());
for (const input of [$("file"), $("photo")]) {
  input.addEventListener("change", () => {
    openFile(input.files);
    input.value = ""; // the same file may be chosen again
  });
}
document.addEventListener("paste", (event) => openFile(event.clipboardData?.files));
document.addEventListener("dragover", (event) => {
  event.preventDefault();
  document.body.classList.add("over");
});
document.addEventListener("dragleave", (event) => {
  if (!event.relatedTarget) document.body.classList.remove("over");
});
document.addEventListener("drop", (event) => {
  event.preventDefault();
  document.body.classList.remove("over");
  openFile(event.dataTransfer?.files);
});

// --- the camera --------------------------------------------------------------------------------

function showCamera(isOpen) {
  $("camera").hidden = !isOpen;
  $("drop").hidden = isOpen;
  if (!isOpen) camera.close();
}

$("open-camera").addEventListener("click", async () => {
  if (!navigator.mediaDevices) return $("photo").click(); // the phone's own camera
  showCamera(true);
  try {
    await camera.open();
    $("shoot").focus();
  } catch (error) {
    showCamera(false);
    say(`No camera: ${error.message}.`, true);
  }
});
$("close-camera").addEventListener("click", () => showCamera(false));
$("shoot").addEventListener("click", () => open(async () => camera.take()));

// --- settings ----------------------------------------------------------------------------------

$("least").addEventListener("input", show);
$("length").addEventListener("input", () => {
  if (image) open(() => image);
});
matchMedia("(prefers-color-scheme: dark)").addEventListener("change", show);

// --- at the start ------------------------------------------------------------------------------

if (HOME) $("home").replaceChildren(element("a", { href: HOME, textContent: "digitsolver" }));
showSamples();
// Only when an image is on the screen, the network for doubtful ones and the copies for offline use
// are fetched; without them the page reads as well, as long as there is a network.
open(() => fetchImage(SAMPLES[0].file), SAMPLES[0].file)
  .then(() => opening)
  .then((reader) => reader.openExact())
  .then(() => navigator.serviceWorker?.register("sw.js"))
  .catch(console.warn);
