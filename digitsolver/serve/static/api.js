// Talking to the server. A key is kept in this module alone: no storage, no cookie, no address.

const TRIES = 5;
let key = null;

/** What the server refused, in its own words. */
export class Refused extends Error {}

/**
 * Ask the server and return its JSON.
 * @param {string} path such as "v1/trace"
 * @param {{image?: Blob, query?: Object<string, unknown>}} sent an image goes as the body
 */
export async function ask(path, { image, query = {} } = {}) {
  const given = Object.entries(query).filter(([, value]) => value !== null && value !== undefined && value !== "");
  const address = given.length ? `${path}?${new URLSearchParams(given)}` : path;
  for (let tries = 1; ; tries += 1) {
    const answer = await send(address, image);
    if (answer.status === 401) {
      await askForKey(key !== null);
    } else if (answer.status === 503 && tries < TRIES) {
      await pause(1000 * Number(answer.headers.get("Retry-After") ?? 1));
    } else {
      const said = await answer.json().catch(() => ({}));
      if (answer.ok) return said;
      throw new Refused(said.error ?? `The server answered with status ${answer.status}.`);
    }
  }
}

async function send(address, image) {
  const headers = key === null ? {} : { Authorization: `Bearer ${key}` };
  if (image) headers["Content-Type"] = "application/octet-stream";
  try {
    return await fetch(address, { method: image ? "POST" : "GET", body: image, headers });
  } catch {
    throw new Refused("The server does not answer: is digitsolver serve still running?");
  }
}

const pause = (milliseconds) => new Promise((go) => setTimeout(go, milliseconds));

/** Ask for the key in a dialog; several requests that need it wait for the same dialog. */
let asking = null;
export function askForKey(wrong = false) {
  asking ??= new Promise((done) => {
    const dialog = document.getElementById("key-dialog");
    const field = document.getElementById("key");
    if (wrong) document.getElementById("key-note").textContent = "The server does not take that key.";
    field.value = "";
    dialog.addEventListener("close", () => {
      key = field.value;
      field.value = "";
      asking = null;
      done();
    }, { once: true });
    dialog.addEventListener("cancel", (event) => event.preventDefault());
    dialog.showModal();
  });
  return asking;
}
