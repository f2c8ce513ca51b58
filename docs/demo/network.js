// Run the networks on onnxruntime-web: digitsolver/readers/onnx_network.py.

import * as ort from "./ort/ort.wasm.min.mjs";
import { PREPARE } from "./settings.js";

const { HEIGHT, CHANNELS } = PREPARE;

ort.env.wasm.numThreads = 1; // more would need headers that static hosts do not send
ort.env.wasm.wasmPaths = new URL("ort/", import.meta.url).href;

/** An open network. */
export class Network {
  /** Open the network at `address`. */
  static async open(address, temperature) {
    const answer = await fetch(new URL(address, import.meta.url));
    if (!answer.ok) throw new Error(`${address}: expected a network, found ${answer.status}`);
    const data = new Uint8Array(await answer.arrayBuffer());
    const options = { executionProviders: ["wasm"], graphOptimizationLevel: "extended" };
    return new Network(await ort.InferenceSession.create(data, options), temperature);
  }

  constructor(session, temperature) {
    this.session = session;
    this.temperature = temperature;
  }

  /** Return the logits of a prepared image, one array a frame, divided by the temperature. */
  async scaled({ columns, data }) {
    const input = new ort.Tensor("float32", Float32Array.from(data), [
      1,
      HEIGHT,
      columns,
      CHANNELS,
    ]);
    const { logits } = await this.session.run({ [this.session.inputNames[0]]: input }, ["logits"]);
    const [, frames, classes] = logits.dims;
    const values = logits.data.map((value) => value / this.temperature);
    return Array.from({ length: frames }, (_, t) =>
      values.subarray(t * classes, (t + 1) * classes),
    );
  }
}
