// Run snippets of JavaScript for the tests: one JSON object a line comes in, one a line goes out.
// { code, args }: `code` is the body of a function of `args`, which imports with `load`.

import { createInterface } from "node:readline";
import { pathToFileURL } from "node:url";

const root = pathToFileURL(`${process.argv[2]}/`);
const load = (module) => import(new URL(module, root));
const AsyncFunction = (async () => {}).constructor;
const asImage = (_, value) =>
  value?.channels ? { ...value, data: Uint8Array.from(value.data) } : value;
const asArray = (_, value) => (ArrayBuffer.isView(value) ? Array.from(value) : value);

for await (const line of createInterface({ input: process.stdin })) {
  const { code, args } = JSON.parse(line, asImage);
  let said;
  try {
    said = { result: (await new AsyncFunction("load", "args", code)(load, args)) ?? null };
  } catch (error) {
    said = { error: `${error.constructor.name}: ${error.message}` };
  }
  console.log(JSON.stringify(said, asArray));
}
