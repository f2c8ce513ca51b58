import { DOUBT, Editor, GAP } from "./editor.js";

const POLL = 2000;
const $ = (id) => document.getElementById(id);
const editor = new Editor($("text"), $("cells"), mark);
let state = null;
let waiting = false;
let turn = 0;

// --- talking to the server: it has written an answer to the disk before it says so -------------

async function ask(path, body) {
  if (waiting) return;
  waiting = true;
  turn += 1;
  try {
    const sent = { method: "POST", body: JSON.stringify(body ?? {}), headers: { "Content-Type": "application/json" } };
    const answer = await fetch(path, body === undefined ? {} : sent);
    const said = await answer.json();
    if (answer.ok) show(said, body !== undefined);
    else {
      const old = answer.status === 409;
      if (old) show(await (await fetch("state")).json(), true);
      note(said.error ?? "The answer was refused.", true);
    }
  } catch {
    note("collector label does not answer: is it still running? Nothing was lost.", true);
  } finally {
    waiting = false;
  }
}

// What changes by itself: samples that are read, a training that goes on. Keys go first.
async function poll() {
  const now = turn;
  try {
    const said = await (await fetch("state")).json();
    if (now === turn && !waiting) show(said, false);
  } catch {
    note("collector label does not answer: is it still running? Nothing was lost.", true);
  }
}

// --- showing -----------------------------------------------------------------------------------

function show(said, again) {
  const before = state?.sample;
  state = said;
  editor.alphabet = said.alphabet;
  const sample = said.sample;
  const other = sample?.id !== before?.id || sample?.seen !== before?.seen || !before;
  $("figure").hidden = $("field").hidden = !sample;
  $("empty").hidden = Boolean(sample);
  if (sample && other) open(sample);
  if (!sample) $("proposal").textContent = "";
  showCounts();
  showModel();
  if (said.note) note(said.note);
  else if (again) note("");
  document.body.dataset.sample = sample?.id ?? "";
  document.body.dataset.answers = said.answers;
}

function open(sample) {
  const place = `image/${encodeURIComponent(sample.id)}`;
  if ($("image").getAttribute("src") !== place) $("image").src = place;
  $("image").alt = `Image ${sample.name}`;
  $("name").textContent = sample.name;
  const proposal = sample.proposal?.text ? sample.proposal : null;
  editor.open(sample.label ?? proposal?.text ?? "", proposal);
  $("proposal").textContent = describe(sample, proposal);
  $("text").focus({ preventScroll: true });
  mark(editor.here);
}

function describe(sample, proposal) {
  if (sample.unreadable) return "Marked unreadable.";
  const read = proposal ? `The model reads ${proposal.text}, ${percent(proposal.confidence)} sure${doubts(proposal)}.` : "";
  if (sample.label) return `Labelled ${sample.label}. ${read}`;
  return read || (state.model ? "The model reads nothing here: type the label." : "Type the label.");
}

// The shades in words.
function doubts(proposal) {
  const places = proposal.digits.flatMap((sure, place) => (sure < DOUBT ? [place + 1] : []));
  if (!places.length || places.length === proposal.digits.length) return "";
  return `; in doubt: ${places.length > 1 ? "digits" : "digit"} ${places.join(", ")}`;
}

function percent(part) { return `${Math.min(99, Math.floor(part * 100))} %`; }

function showCounts() {
  const { labelled, samples, unreadable, open: left, seconds, seconds_left: rest } = state;
  const parts = [`${labelled} of ${samples} labelled`, `${left} to go`];
  if (unreadable) parts.splice(1, 0, `${unreadable} unreadable`);
  if (seconds) parts.push(`${(60 / Math.max(seconds, 0.1)).toFixed(0)} a minute`);
  if (rest) parts.push(`about ${time(rest)} left`);
  $("counts").textContent = parts.join(" · ");
  $("progress").value = samples ? (labelled + unreadable) / samples : 0;
  $("mode").textContent = state.reviewing ? `Review: is this label right? ${state.suspects} in doubt` : "";
  const review = state.suspects ? ` ${inDoubt(state.suspects)}: v shows ${state.suspects > 1 ? "them" : "it"}.` : "";
  $("done").textContent = samples ? `Every image has an answer.${review}` : "There is no image in this folder.";
}

function inDoubt(count) { return `${count} ${count > 1 ? "labels" : "label"} in doubt`; }

function time(seconds) {
  const minutes = Math.round(seconds / 60);
  if (minutes < 1) return "a minute";
  return minutes < 60 ? `${minutes} min` : `${Math.floor(minutes / 60)} h ${minutes % 60} min`;
}

function showModel() {
  const { model, read, samples, training, suspects } = state;
  const parts = [model ? `model ${model}` : "no model: nothing is proposed"];
  if (model && read < samples) parts.push(`reading ${read} of ${samples}`);
  if (training.running) parts.push(describeTraining(training));
  else if (training.message) parts.push(training.message);
  if (suspects && !state.reviewing) parts.push(`${inDoubt(suspects)}: v`);
  $("model").textContent = parts.join(" · ");
  $("letters").hidden = !/[a-z]/i.test(state.alphabet);
}

function describeTraining({ done, total, seconds_left: rest }) {
  const part = total ? ` ${done} of ${total}` : "";
  return `training on the labels so far${part}${rest ? `, about ${time(rest)} left` : ""}`;
}

// A line under the part of the image that the digit at the cursor was read in.
function mark(place) {
  const box = state?.sample?.proposal?.boxes[place];
  const image = $("image");
  const same = state?.sample?.proposal?.text.length === editor.text.length;
  $("mark").hidden = !(box && same && image.naturalWidth);
  if ($("mark").hidden) return;
  const scale = Math.min(image.clientWidth / image.naturalWidth, image.clientHeight / image.naturalHeight);
  const margin = (image.clientWidth - image.naturalWidth * scale) / 2;
  $("mark").style.left = `${image.offsetLeft + margin + box[0] * scale}px`;
  $("mark").style.width = `${box[2] * scale}px`;
}

function note(text, problem = false) {
  $("note").textContent = text;
  $("note").classList.toggle("problem", problem);
}

// --- keys --------------------------------------------------------------------------------------

const named = () => ({ id: state.sample.id, seen: state.sample.seen });

const COMMANDS = {
  Enter: () => {
    if (!state?.sample) return;
    if (editor.text && !editor.text.includes(GAP)) ask("answer", { ...named(), text: editor.text });
    else note(editor.text ? "Fill the gap first." : "Type the label first, or x for unreadable.", true);
  },
  x: () => state?.sample && ask("unreadable", named()),
  u: () => ask("undo", {}),
  r: () => ask("retrain", {}),
  v: () => ask("review", { on: !state?.reviewing }),
  ArrowDown: () => ask("move", { forward: true }),
  ArrowUp: () => ask("move", { forward: false }),
  "?": () => $("help").showModal(),
};

document.addEventListener("keydown", (event) => {
  if ($("help").open || event.ctrlKey || event.metaKey || event.isComposing) return;
  const onButton = event.target.closest?.("button");
  if (onButton && (event.key === "Enter" || event.key === " ")) return;  // the button's own click
  const letter = event.altKey ? event.code.replace("Key", "").toLowerCase() : event.key;
  if (!event.altKey && editor.alphabet.includes(event.key)) return;
  const command = COMMANDS[letter] ?? COMMANDS[letter.toLowerCase()];
  if (waiting && event.key.length === 1) event.preventDefault();
  if (!command) return;
  event.preventDefault();
  if (!event.repeat) command();
});

// --- mouse and touch: a button for each command, and a tap on a digit frames it -----------------

const touch = matchMedia("(pointer: coarse)");

$("keys").addEventListener("click", ({ target }) => {
  const { command, edit } = target.closest("button")?.dataset ?? {};
  if (command && !waiting) COMMANDS[command]();
  else if (edit === "gap") editor.insertGap();
  else if (edit === "delete") editor.deleteHere();
});
$("cells").addEventListener("pointerdown", (event) => {
  const place = [...$("cells").children].indexOf(event.target.closest(".cell"));
  if (place < 0) return;
  event.preventDefault();
  $("text").focus();
  editor.put(place);
});

$("help").addEventListener("close", () => $("text").focus());
$("image").addEventListener("load", () => mark(editor.here));
$("image").addEventListener("error", () => note("This file cannot be shown as an image; x marks it unreadable.", true));
window.addEventListener("resize", () => mark(editor.here));
document.addEventListener("click", ({ target }) => {
  const keepsKeyboardAway = touch.matches && target.closest("[data-command]");
  if (!$("help").open && !keepsKeyboardAway) $("text").focus();
});
setInterval(() => {
  const busy = state && (state.training.running || state.read < state.samples);
  if (busy && !waiting && !document.hidden) poll();
}, POLL);
ask("state");
