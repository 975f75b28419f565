/** What the page says when something is not as it should be: what happened, and what to do about it. */

import type { State } from "../client.ts";

/** `urgent` is read out at once (role alert), the rest when there is a pause (role status). */
export interface Notice {
  urgent: boolean;
  title: string;
  text: string;
}

/** What is remarked where a new session begins in the middle. */
export const FROM_HERE_ON = {
  replies: { yes: "From here on, replies", no: "From here on, only what is said" },
  record: { yes: "From here on, recorded", no: "From here on, not recorded" },
  translate: { yes: "From here on, in English", no: "From here on, as it is spoken" },
  webrtc: { yes: "From here on, by WebRTC", no: "From here on, by WebSocket" },
} as const;

export class MicrophoneFault extends Error {}

const MICROPHONE: Record<string, readonly [string, string]> = {
  NotAllowedError: [
    "The microphone was refused.",
    "Allow it for this page (the icon beside the address), then press the microphone again. Typing and sound files work without it.",
  ],
  NotFoundError: [
    "No microphone was found.",
    "Connect one and press the microphone again. Typing and sound files work without it.",
  ],
  NotReadableError: [
    "The microphone does not answer.",
    "Another program may be using it: close that, then press the microphone again.",
  ],
  insecure: [
    "Browsers give the microphone to secure pages only.",
    "Open this page over https, or on the machine itself as http://localhost. Typing and sound files work here too.",
  ],
  gone: ["The microphone has gone.", "Connect it again, then press the microphone. What you said before is kept."],
};

export function microphoneRefused(reason: unknown): Notice {
  const name = reason instanceof MicrophoneFault ? reason.message : reason instanceof Error ? reason.name : "";
  const [title, text] = MICROPHONE[name] ?? ["The microphone could not be opened.", `The browser says: ${reason}.`];
  return { urgent: true, title, text };
}

export function fileRefused(name: string): Notice {
  return {
    urgent: true,
    title: `“${name}” cannot be read as sound.`,
    text: "WAV, MP3, FLAC, Ogg and M4A usually work here; the command “vivavoce transcribe” takes nearly anything.",
  };
}

export function serverSays(message: string): Notice {
  return { urgent: true, title: "The server could not do that.", text: sentence(message) };
}

export function paused(): Notice {
  return { urgent: true, title: "The session is paused.", text: "Nothing is heard or sent meanwhile: press F8 to go on, then send." };
}

export function idleEnded(): Notice {
  return { urgent: false, title: "The session has ended.", text: "It was quiet for a long time. Speak or type to begin a new one." };
}

/** What to say of a connection, if anything need be said beside the state bar. */
export function connectionNotice(state: State, lostS: number): Notice | undefined {
  if (state.name === "failed") return failed(state.code, state.message);
  if (state.name !== "reconnecting") return undefined;
  const again = `Trying again in ${Math.max(1, Math.round(state.afterMs / 1000))} s; you need not do anything.`;
  if (state.overloaded) {
    return { urgent: true, title: "The server is full at the moment.", text: `${sentence(state.why)} ${again}` };
  }
  if (lostS > 0) {
    const text = `It has been away for longer than the 30 s of sound that are kept here: ${lostS.toFixed(0)} s are lost.`;
    return { urgent: true, title: "The server does not answer.", text: `${text} ${again}` };
  }
  if (state.afterMs < 500) return undefined;
  const kept = state.begun
    ? "Nothing is lost: up to 30 s of sound are kept here and sent when it is back."
    : "Check that it is running: “vivavoce serve”, or “make run” in a checkout.";
  return { urgent: true, title: state.begun ? "The connection broke." : "The server does not answer.", text: `${kept} ${again}` };
}

function failed(code: string, message: string): Notice {
  const anew = "Speak or type to begin a new session.";
  switch (code) {
    case "lost":
      return {
        urgent: true,
        title: "The server has not answered for a minute.",
        text: `What it had not received is lost; what you see stays. Check that it is running. ${anew}`,
      };
    case "replaced":
      return { urgent: true, title: "This session goes on in another window.", text: anew };
    case "rtc_lost":
      return { urgent: true, title: "The WebRTC connection broke.", text: `What was said until then is written. ${anew}` };
    case "unauthorized":
      return { urgent: true, title: "This server asks for a key.", text: sentence(message) };
    default:
      return { urgent: true, title: "The session has stopped.", text: `${sentence(message)} ${anew}` };
  }
}

/** The connection in a few words, for the state bar. */
export function connectionWords(state: State, lostS: number, carrier: "webrtc" | "websocket" = "websocket"): string {
  switch (state.name) {
    case "idle":
      return "Ready";
    case "connecting":
      return "Connecting…";
    case "open":
      return carrier === "webrtc" ? "Connected by WebRTC" : "Connected";
    case "reconnecting":
      if (state.overloaded) return "Waiting for a place";
      if (!state.begun) return "Looking for the server…";
      return lostS > 0 ? "Reconnecting, some sound is lost" : "Reconnecting, nothing is lost";
    case "ended":
      return "Session ended";
    case "failed":
      return "Not connected";
  }
}

export function sentence(text: string): string {
  const capital = text.charAt(0).toUpperCase() + text.slice(1);
  return /[.!?]$/.test(capital) ? capital : `${capital}.`;
}
