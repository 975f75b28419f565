// OpenAI's client for Node, with only its baseURL changed: prints what was heard. Arguments: URL, a 24 kHz WAV.
import { readFileSync } from "node:fs";
import { createRequire } from "node:module";

const require = createRequire(`${process.cwd()}/`);
const { default: OpenAI } = require("openai");
const { OpenAIRealtimeWS } = require("openai/realtime/ws");

const [url, path] = process.argv.slice(2);
const sound = readFileSync(path).subarray(44);
const client = new OpenAI({ baseURL: url, apiKey: "any" });
const talk = new OpenAIRealtimeWS({ model: "vivavoce" }, client);
talk.on("error", (error) => { console.error(error.message); process.exit(1); });
talk.on("conversation.item.input_audio_transcription.completed", (event) => console.log(event.transcript));
talk.on("response.done", (event) => { console.error(event.response.status); talk.close(); process.exit(0); });
talk.on("session.updated", async () => {
  for (let at = 0; at < sound.length; at += 4800) {
    talk.send({ type: "input_audio_buffer.append", audio: sound.subarray(at, at + 4800).toString("base64") });
    await new Promise((done) => setTimeout(done, 50));
  }
});
talk.socket.on("open", () =>
  talk.send({ type: "session.update", session: { type: "realtime", audio: { input: { transcription: { language: "en" } } } } }));
