// The label being written. A real input holds it, so that moving, deleting and reading it aloud
// are the browser's; typing goes over what is there. The cells only show it.

export const GAP = "_";
export const DOUBT = 0.9;

export class Editor {
  constructor(input, cells, moved) {
    this.input = input;
    this.cells = cells;
    this.moved = moved;
    this.alphabet = "0123456789";
    this.proposal = null;
    input.addEventListener("beforeinput", (event) => this.replace(event));
    input.addEventListener("input", () => this.draw());
    document.addEventListener("selectionchange", () => this.draw());
  }

  get text() { return this.input.value; }
  get here() { return this.input.selectionStart; }

  open(text, proposal) {
    this.proposal = proposal;
    this.input.value = text;
    this.put(this.firstDoubt(text));
    this.draw();
  }

  // Where several digits are doubted, all are typed from the first.
  firstDoubt(text) {
    const sure = this.proposal && this.proposal.text === text ? this.proposal.digits : [];
    const doubted = [...sure.keys()].filter((place) => sure[place] < DOUBT);
    return doubted.length && doubted.length <= sure.length / 2 ? doubted[0] : 0;
  }

  put(place) { this.input.setSelectionRange(place, place); }

  // Typing goes over what is there, and over a gap; anything that no label has is left out.
  replace(event) {
    if (!event.inputType.startsWith("insert")) return;
    event.preventDefault();
    const pasted = event.data ?? event.dataTransfer?.getData("text/plain") ?? "";
    const fitting = [...pasted].filter((one) => this.alphabet.includes(one)).join("");
    const { selectionStart: start, selectionEnd: end } = this.input;
    if (pasted === " ") this.insertGap();
    else if (fitting) {
      const last = Math.max(end, start + fitting.length);
      this.input.setRangeText(fitting, start, last, "end");
    }
    this.draw();
  }

  // Room for a digit that is missing, before the one that is framed.
  insertGap() {
    const start = this.here;
    this.input.setRangeText(GAP, start, start, "start");
    this.draw();
  }

  deleteHere() {
    const { text, here } = this;
    const start = Math.min(here, text.length - 1);
    if (start >= 0) this.input.setRangeText("", start, start + 1, "start");
    this.draw();
  }

  draw() {
    const { text, here, proposal } = this;
    const shown = [...text].map((character, place) => {
      const cell = document.createElement("span");
      cell.className = "cell";
      cell.textContent = character === GAP ? "" : character;
      const proposed = proposal && proposal.text.length === text.length && proposal.text[place] === character;
      if (proposed) cell.style.setProperty("--doubted", shade(proposal.digits[place]));
      else cell.classList.add("typed");
      return cell;
    });
    const end = document.createElement("span");
    end.className = "cell end";
    if (here >= text.length) shown.push(end);
    shown[Math.min(here, shown.length - 1)]?.classList.add("here");
    this.cells.replaceChildren(...shown);
    this.moved(here);
  }
}

// Sure digits are all alike: doubt is what a person has to see.
function shade(confidence) {
  return Math.min(1, Math.max(0, (0.98 - confidence) / 0.6)).toFixed(2);
}
