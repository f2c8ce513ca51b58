// The controls of the lab, made from the settings that /v1/styles lists: a setting or a cleaner
// that the program gains appears here by itself.

import { $, element } from "./elements.js";

const WIDER = 4;  // a slider reaches to so many times what was measured; the number beside it, to all
const LEAST_TOP = 12;

/** All controls; `style` is what they say, as a table of settings. */
export class Controls {
  constructor(settings, changed) {
    this.controls = settings.map((setting) => {
      const made = new (KINDS[setting.kind])(setting, changed);
      $(`settings-${setting.stage}`).append(made.element);
      return made;
    });
  }

  get style() {
    return Object.fromEntries(this.controls.map((control) => [control.setting.name, control.value]));
  }

  set style(table) {
    for (const control of this.controls) control.value = table[control.setting.name];
  }

  /** Say what the stages took for settings that are left to be measured. */
  set measured(values) {
    for (const control of this.controls) control.measured = values[control.setting.name];
  }
}

const named = (name) => name.replaceAll("_", " ");

class Control {
  constructor(setting, changed) {
    this.setting = setting;
    this.changed = changed;
    this.id = `setting-${setting.name}`;
  }

  set measured(value) { this.found = value; }

  // A group with a legend, which says what the setting is for.
  group(...parts) {
    const help = this.setting.help ? [element("p", { class: "help", id: `${this.id}-help` }, this.setting.help)] : [];
    return element("fieldset", { class: "setting", "aria-describedby": help.length ? `${this.id}-help` : null },
      element("legend", {}, named(this.setting.name)), ...parts, ...help);
  }
}

class Text extends Control {
  constructor(setting, changed) {
    super(setting, changed);
    this.field = element("input", { type: "text", id: this.id, maxlength: 64, "aria-label": named(setting.name) });
    this.field.addEventListener("input", changed);
    this.element = this.group(this.field);
  }

  get value() { return this.field.value; }
  set value(text) { this.field.value = text; }
}

class Choice extends Control {
  constructor(setting, changed) {
    super(setting, changed);
    this.buttons = setting.choices.map((choice) => {
      const button = element("input", { type: "radio", name: this.id, value: choice, id: `${this.id}-${choice}` });
      button.addEventListener("change", changed);
      return button;
    });
    const labels = this.buttons.map((button, place) => {
      const choice = setting.choices[place];
      return element("label", { title: setting.ideas[choice] }, button, element("span", {}, named(String(choice))));
    });
    this.element = this.group(element("div", { class: "choices" }, ...labels));
  }

  get value() { return this.setting.choices[this.buttons.findIndex((button) => button.checked)]; }
  set value(chosen) {
    for (const [place, button] of this.buttons.entries()) button.checked = this.setting.choices[place] === chosen;
  }
}

// The cleaners: those that run first, in their order, then the others.
class List extends Control {
  constructor(setting, changed) {
    super(setting, changed);
    this.list = element("ol", { class: "cleaners" });
    this.element = this.group(this.list);
    this.value = [];
  }

  get value() { return [...this.chosen]; }
  set value(names) {
    this.chosen = [...names];
    this.#draw();
  }

  #draw() {
    const others = this.setting.choices.filter((name) => !this.chosen.includes(name));
    this.list.replaceChildren(...this.chosen.map((name, place) => this.#item(name, place)), ...others.map((name) => this.#item(name, -1)));
  }

  #item(name, place) {
    const on = place >= 0;
    const box = element("input", { type: "checkbox", id: `${this.id}-${on ? place : name}`, "data-cleaner": name });
    box.checked = on;
    box.addEventListener("change", () => this.#set(name, place, `[data-cleaner="${name}"]`, () => {
      if (on) this.chosen.splice(place, 1);
      else this.chosen.splice(this.#usualPlace(name), 0, name);
    }));
    const move = (by, sign, word) => {
      const button = element("button", { type: "button", "aria-label": `${named(name)}: ${word}`, "data-move": `${name}${by}`,
        disabled: !this.chosen[place + by] }, sign);
      button.addEventListener("click", () => this.#set(name, place, `[data-move="${name}${by}"]:enabled, [data-cleaner="${name}"]`, () => {
        this.chosen.splice(place + by, 0, ...this.chosen.splice(place, 1));
      }));
      return button;
    };
    const moves = on && this.chosen.length > 1 ? [move(-1, "↑", "earlier"), move(1, "↓", "later")] : [];
    const idea = this.setting.ideas[name] ?? "";
    return element("li", { class: on ? "on" : "" }, element("label", { title: idea }, box, element("span", {}, named(name))), ...moves);
  }

  // Change the list, and leave the focus where the hand is.
  #set(name, place, selector, change) {
    change();
    this.#draw();
    this.list.querySelector(selector)?.focus();
    this.changed();
  }

  // Where a search would put a cleaner: before the first one that it runs before.
  #usualPlace(name) {
    const rank = (one) => this.setting.choices.indexOf(one);
    const behind = this.chosen.findIndex((other) => rank(other) > rank(name));
    return behind < 0 ? this.chosen.length : behind;
  }
}

// A number: a slider for what is likely, a field for all that is allowed, and a switch for "measured".
class Numeric extends Control {
  constructor(setting, changed) {
    super(setting, changed);
    const step = setting.kind === "number" ? 0.1 : 1;
    const label = named(setting.name);
    this.slider = element("input", { type: "range", id: this.id, min: setting.least, max: LEAST_TOP, step, "aria-label": label });
    this.field = element("input", { type: "number", id: `${this.id}-number`, min: setting.least, max: setting.most, step, "aria-label": `${label}, as a number` });
    this.slider.addEventListener("input", () => this.#take(this.slider.value));
    this.field.addEventListener("input", () => this.field.value && this.field.validity.valid && this.#take(this.field.value));
    const parts = [element("div", { class: "number" }, this.slider, this.field)];
    if (setting.measured) {
      this.box = element("input", { type: "checkbox", id: `${this.id}-measured` });
      this.box.addEventListener("change", () => { this.#dim(); changed(); });
      parts.push(element("label", { class: "measured" }, this.box, element("span", {}, "measured")));
    }
    this.element = this.group(...parts);
  }

  get value() { return this.box?.checked ? null : this.number; }
  set value(number) {
    if (this.box) this.box.checked = number === null;
    if (number !== null) this.#show(number);
    this.#dim();
  }

  set measured(value) {
    if (value !== undefined && this.box?.checked) this.#show(value);
  }

  #take(text) {
    if (this.box) this.box.checked = false;
    this.#show(Number(text), false);
    this.#dim();
    this.changed();
  }

  #show(number, anew = true) {
    const { least, most } = this.setting;
    this.number = number;  // the slider has fewer values than a style
    const top = Number(this.slider.max);
    if (anew) this.slider.max = Math.min(most, Math.max(LEAST_TOP * Number(this.slider.step), Math.ceil(WIDER * number)));
    else if (number > top) this.slider.max = number;
    this.slider.value = Math.max(least, number);
    this.field.value = Math.round(100 * number) / 100;
  }

  #dim() { this.element.classList.toggle("left", Boolean(this.box?.checked)); }
}

class Two extends Control {
  constructor(setting, changed) {
    super(setting, changed);
    const field = (word) => element("input", { type: "number", id: `${this.id}-${word}`, min: setting.least, max: setting.most, "aria-label": `${named(setting.name)}, ${word}` });
    this.fields = [field("smallest"), field("largest")];
    for (const one of this.fields) one.addEventListener("input", changed);
    this.element = this.group(element("div", { class: "two" }, this.fields[0], element("span", {}, "to"), this.fields[1]));
  }

  // Half a range is none.
  get value() { return this.fields.every((field) => field.value) ? this.fields.map((field) => Number(field.value)) : null; }
  set value(range) {
    for (const [place, field] of this.fields.entries()) field.value = range?.[place] ?? "";
  }
}

const KINDS = { text: Text, choice: Choice, list: List, number: Numeric, whole: Numeric, two: Two };
