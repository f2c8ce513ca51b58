// The stages of two styles side by side: the saved one, and the one that is being changed.

import { $, element, enlarged } from "./elements.js";

const STAGES = [0, 1, 2, 3, 4];
const NAMES = ["Original", "Clean", "Clip", "Segment", "Crop"];
const WIDEST = 420;

/** Show the stages of the saved style, and beside them those of the changed one, if there is one. */
export function showStages(saved, now) {
  $("lab").classList.toggle("comparing", Boolean(now));
  for (const number of STAGES) {
    const place = $(`steps-${number}`);
    const names = merged(steps(saved, number), steps(now, number));
    reconcile(place, names, (row, name) => fill(row, steps(saved, number).get(name), now ? steps(now, number).get(name) : null, Boolean(now)));
    const problem = failedAt(saved, now, number);
    place.querySelector(".problem")?.remove();
    if (problem) place.append(element("p", { class: "problem" }, problem));
  }
}

/** Show all stages at a glance: the last image of each, and all crops. */
export function showOverview(traced) {
  $("overview").replaceChildren(...STAGES.map((number) => {
    const last = traced.stages.filter((stage) => stage.number === number).at(-1);
    const images = number === 4 ? last?.images ?? [] : last?.images.slice(-1) ?? [];
    const small = element("span", { class: number === 4 ? "several" : "" }, ...images.map(({ image }) => element("img", { src: image, alt: "" })));
    return element("a", { href: `#stage-${number}` }, small, `${number} ${NAMES[number]}`);
  }));
}

// The steps of a stage by name; a cleaner that runs twice has two names.
function steps(traced, number) {
  const found = new Map();
  for (const stage of traced?.stages ?? []) {
    if (stage.number !== number) continue;
    let name = stage.name;
    while (found.has(name)) name += " again";
    found.set(name, stage);
  }
  return found;
}

// The names of both, those of the second in their order, the others behind what they followed.
function merged(saved, now) {
  if (!now.size) return [...saved.keys()];
  const names = [...now.keys()];
  let before = -1;
  for (const name of saved.keys()) {
    const at = names.indexOf(name);
    if (at >= 0) before = at;
    else names.splice(before += 1, 0, name);
  }
  return names;
}

// Keep the rows that stay, so that nothing flickers while a slider moves.
function reconcile(place, names, draw) {
  const rows = new Map([...place.querySelectorAll(":scope > .step")].map((row) => [row.dataset.step, row]));
  for (const [name, row] of rows) if (!names.includes(name)) row.remove();
  for (const [index, name] of names.entries()) {
    const row = rows.get(name) ?? newRow(name);
    if (place.children[index] !== row) place.insertBefore(row, place.children[index] ?? null);
    draw(row, name);
  }
}

function newRow(name) {
  return element("article", { class: "step", "data-step": name },
    element("h4", {}), element("p", { class: "sentence" }), element("p", { class: "source" }),
    element("div", { class: "sides" }, side("saved", "Saved style"), side("now", "Your changes")));
}

function side(kind, title) {
  return element("div", { class: `side ${kind}` }, element("h5", {}, title), element("div", { class: "images" }), element("p", { class: "note" }));
}

function fill(row, saved, now, comparing) {
  const stage = now ?? saved;
  put(row.querySelector("h4"), stage.title);
  put(row.querySelector(".sentence"), stage.sentence);
  put(row.querySelector(".source"), stage.source ? `Source: ${stage.source}` : "");
  fillSide(row.querySelector(".saved"), saved);
  const other = row.querySelector(".now");
  other.hidden = !comparing;
  if (comparing) fillSide(other, now);
  row.classList.toggle("differs", comparing && images(saved) !== images(now));
}

const images = (stage) => (stage?.images ?? []).map((one) => one.image).join();

function fillSide(place, stage) {
  put(place.querySelector(".note"), stage ? stage.note : "does not run here");
  const box = place.querySelector(".images");
  const shown = stage?.images ?? [];
  while (box.children.length > shown.length) box.lastChild.remove();
  while (box.children.length < shown.length) box.append(element("figure", {}, element("img", { alt: "" }), element("figcaption", {})));
  for (const [index, { shows, image }] of shown.entries()) {
    const [picture, legend] = box.children[index].children;
    if (picture.getAttribute("src") !== image) picture.src = image;
    const panel = stage.number === 2 || stage.number === 3;
    picture.alt = `${stage.title}: ${shows}. ${stage.note}`;
    picture.className = panel ? "panel" : stage.number === 4 ? "crop" : "pixels";
    if (!panel && stage.number !== 4) picture.onload = () => { picture.style.width = `${enlarged(picture.naturalWidth, picture.naturalHeight, WIDEST)}px`; };
    put(legend, shown.length > 1 && stage.number !== 4 ? shows : "");
  }
}

function put(place, text) {
  if (place.textContent !== text) place.textContent = text;
}

// The stage behind the last one that ran says why there are no more.
function failedAt(saved, now, number) {
  const words = [[now ? "Saved style" : "", saved], ["Your changes", now]].flatMap(([who, traced]) => {
    if (!traced?.problem) return [];
    const last = Math.max(...traced.stages.map((stage) => stage.number));
    return last + 1 === number ? [`${who ? `${who}: ` : ""}stopped here: ${traced.problem}`] : [];
  });
  return words.join(" · ");
}
