/** The package `vivavoce-components`: elements for the desks of others. */

import "./assist/assist.ts";
import "./assist/replay.ts";
import "./assist/transcript.ts";

export type { Call } from "./assist/call.ts";
export { CallAssist } from "./assist/assist.ts";
export { Feed } from "./assist/feed.ts";
export { CallReplay } from "./assist/replay.ts";
export { CallTranscript } from "./assist/transcript.ts";
