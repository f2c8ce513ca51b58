// The lab: a style that is saved, one that is being changed, and what the stages make of both.

import { Refused, ask } from "./api.js";
import { Controls } from "./controls.js";
import { $, element } from "./elements.js";
import { Latest } from "./latest.js";
import { showOverview, showStages } from "./stages.js";

const PAUSE = 25;  // milliseconds without a further move of the slider

export class Lab {
  #image = null;
  #saved = null;       // a style
  #traced = null;      // its stages for the image
  #latest = new Latest((style) => this.#trace(style), PAUSE);
  #styles = new Map(); // that one can start from, by name

  /** Ask which settings there are, and make their controls. */
  static async open() {
    const { settings, styles } = await ask("v1/styles");
    return new Lab(settings, styles);
  }

  constructor(settings, styles) {
    this.controls = new Controls(settings, () => this.#changed());
    for (const [name, style] of Object.entries(styles)) this.offer(name, style);
    this.#saved = Object.values(styles)[0];
    this.controls.style = this.#saved;
    $("start").addEventListener("change", () => this.use(this.#styles.get($("start").value)));
    $("save").addEventListener("click", () => this.use(this.controls.style));
    $("reset").addEventListener("click", () => this.use(this.#saved));
    $("download-style").addEventListener("click", () => this.#download("style"));
    $("download-strip").addEventListener("click", () => this.#download("strip"));
    $("open-style").addEventListener("change", () => this.#open());
  }

  /** Add a style to those that one can start from, or replace the one of that name. */
  offer(name, style) {
    if (!this.#styles.has(name)) $("start").append(element("option", { value: name }, name));
    this.#styles.set(name, style);
  }

  /** Show the stages of another image, in another style if one is given. */
  show(image, style = null) {
    this.#image = image;
    $("lab").hidden = false;
    this.use(style ?? this.controls.style);
  }

  /** Save a style: the changes begin from it. */
  use(style) {
    this.#saved = style;
    this.#traced = null;
    this.controls.style = style;
    const known = [...this.#styles].find(([, other]) => same(other, style));
    $("start").value = known?.[0] ?? "";
    this.#changed();
  }

  #changed() {
    const style = this.controls.style;
    const differs = !same(style, this.#saved);
    $("save").disabled = $("reset").disabled = !differs;
    if (this.#image) this.#latest.ask(style);
  }

  async #trace(style) {
    const image = this.#image;
    const began = performance.now();
    try {
      this.#traced ??= await this.#ask(image, this.#saved);
      const differs = !same(style, this.#saved);
      const now = differs ? await this.#ask(image, style) : null;
      if (image !== this.#image) return;
      showStages(this.#traced, now);
      showOverview(now ?? this.#traced);
      this.controls.measured = (now ?? this.#traced).measured;
      this.#say(now ?? this.#traced);
      $("lab").dataset.shown = Number($("lab").dataset.shown ?? 0) + 1;
      $("lab").dataset.milliseconds = Math.round(performance.now() - began);
    } catch (error) {
      if (!(error instanceof Refused)) throw error;
      note(error.message, true);
    }
  }

  #ask(image, style, more = {}) {
    return ask("v1/trace", { image, query: { style: JSON.stringify(style), ...more } });
  }

  #say({ problem, stages }) {
    const crops = stages.find((stage) => stage.name === "crops")?.images.length;
    if (problem) note(`The stages stop: ${problem}`, true);
    else note(`${crops} ${crops === 1 ? "digit" : "digits"} found.`);
  }

  async #download(what) {
    const style = this.controls.style;
    try {
      const said = await this.#ask(this.#image, style, what === "strip" ? { strip: true } : {});
      const name = style.name.replaceAll(/[^\w-]+/g, "-") || "style";
      if (what === "strip") save(`${name}.png`, decoded(said.strip));
      else save(`${name}.toml`, new Blob([said.toml], { type: "application/toml" }));
    } catch (error) {
      if (!(error instanceof Refused)) throw error;
      note(error.message, true);
    }
  }

  // A file of a style: the server reads it, as the commands do, and says what is wrong with it.
  async #open() {
    const file = $("open-style").files[0];
    $("open-style").value = "";
    if (!file) return;
    try {
      const said = await ask("v1/trace", { image: this.#image, query: { style: await file.text() } });
      this.offer(said.style.name, said.style);
      this.use(said.style);
    } catch (error) {
      if (!(error instanceof Refused)) throw error;
      note(error.message, true);
    }
  }
}

// Whether two styles have the same settings; those that come in another order do.
function same(one, other) {
  return Object.keys(one).every((name) => JSON.stringify(one[name]) === JSON.stringify(other[name]));
}

function note(text, problem = false) {
  if ($("lab-status").textContent !== text) $("lab-status").textContent = text;
  $("lab-status").classList.toggle("problem", problem);
}

// The bytes of a data URL, which fetch may not open here.
function decoded(url) {
  const [head, bytes] = url.split(",");
  const type = head.slice("data:".length, head.indexOf(";"));
  return new Blob([Uint8Array.from(atob(bytes), (one) => one.charCodeAt(0))], { type });
}

function save(name, blob) {
  const link = element("a", { href: URL.createObjectURL(blob), download: name });
  link.click();
  setTimeout(() => URL.revokeObjectURL(link.href), 1000);
}
