// Deepgram's client for Node, v1 and Flux, with only its address changed: prints what was heard. Arguments: URL, a WAV.
import { readFileSync } from "node:fs";
import { createRequire } from "node:module";

const require = createRequire(`${process.cwd()}/`);
const { DeepgramClient } = require("@deepgram/sdk");

const [url, path] = process.argv.slice(2);
const flux = url.endsWith("/v2/listen");
const base = new URL("/", url).href.replace(/\/$/, "");
const web = base.replace("http", "ws");
const sound = readFileSync(path).subarray(44);
const environment = { base, production: web, agent: web, agentRest: base };
const client = new DeepgramClient({ apiKey: "any", environment });
const asked = { encoding: "linear16", sample_rate: 24000 };
const connection = flux
  ? await client.listen.v2.connect({ ...asked, model: "flux-general-en" })
  : await client.listen.v1.connect({ ...asked, model: "nova-3", language: "en", interim_results: "true", endpointing: 300 });
const seen = new Set();
connection.on("error", (error) => { console.error(error.message); process.exit(1); });
connection.on("message", (message) => {
  seen.add(message.event ?? message.type);
  if (message.event === "EndOfTurn") console.log(message.transcript);
  if (message.type === "Results" && message.is_final) console.log(message.channel.alternatives[0].transcript);
});
connection.on("close", (event) => {
  const wanted = flux ? ["Connected", "StartOfTurn", "EndOfTurn"] : ["Results", "Metadata"];
  const missing = wanted.filter((kind) => !seen.has(kind));
  if (missing.length) console.error(`never told: ${missing}; closed with ${event.code}`);
  process.exit(missing.length ? 1 : 0);
});
connection.connect();
await connection.waitForOpen();
for (let at = 0; at < sound.length; at += 4800) {
  connection.sendMedia(sound.subarray(at, at + 4800));
  await new Promise((done) => setTimeout(done, 100));
}
connection.sendCloseStream({ type: "CloseStream" });
