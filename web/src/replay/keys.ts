/** What keys do in a session. Pure; the help is made of the same table. */

export type Command =
  | "play"
  | "back"
  | "forward"
  | "word-back"
  | "word-forward"
  | "slower"
  | "faster"
  | "find"
  | "find-next"
  | "find-previous"
  | "correct"
  | "bookmark"
  | "note"
  | "zoom-in"
  | "zoom-out"
  | "list"
  | "help";

/** What a key is called, where it is pressed (`event.key`), and what it does. */
export const KEYS: readonly { keys: string; press: string; shift?: boolean; does: Command; says: string }[] = [
  { keys: "Space", press: " ", does: "play", says: "Play, or pause" },
  { keys: "← →", press: "ArrowLeft", shift: false, does: "back", says: "5 s back, or on" },
  { keys: "", press: "ArrowRight", shift: false, does: "forward", says: "" },
  { keys: "Shift ← →", press: "ArrowLeft", shift: true, does: "word-back", says: "The word before, or after" },
  { keys: "", press: "ArrowRight", shift: true, does: "word-forward", says: "" },
  { keys: "[ ]", press: "[", does: "slower", says: "Slower, or faster" },
  { keys: "", press: "]", does: "faster", says: "" },
  { keys: "/", press: "/", does: "find", says: "Search in this session" },
  { keys: "g G", press: "g", does: "find-next", says: "The next hit, or the one before" },
  { keys: "", press: "G", does: "find-previous", says: "" },
  { keys: "e", press: "e", does: "correct", says: "Correct the line under the cursor" },
  { keys: "b", press: "b", does: "bookmark", says: "Set a bookmark here" },
  { keys: "n", press: "n", does: "note", says: "Write a note here" },
  { keys: "+ −", press: "+", does: "zoom-in", says: "Look closer, or from further away" },
  { keys: "", press: "-", does: "zoom-out", says: "" },
  { keys: "u", press: "u", does: "list", says: "Up to the list" },
  { keys: "?", press: "?", does: "help", says: "This help" },
];

const SIGNS = "vivavoce-signs";

/** Whether keys that write something do something here: as was last chosen in this browser. */
export function signsOn(): boolean {
  return localStorage.getItem(SIGNS) !== "off";
}

/** Choose that. */
export function setSigns(on: boolean): void {
  localStorage.setItem(SIGNS, on ? "on" : "off");
}

interface Press {
  key: string;
  shiftKey: boolean;
  ctrlKey: boolean;
  altKey: boolean;
  metaKey: boolean;
}

/** Whether a key writes a letter, a figure or a sign: what speech input or a wrong touch may press by chance. */
export function writes(key: string): boolean {
  return key.length === 1 && key !== " ";
}

/**
 * What to do for a key that is pressed outside of any field, if anything. Without `signs` the keys that write something
 * do nothing (WCAG 2.1.4): space and arrows, and the buttons, remain.
 */
export function command(press: Press, signs = true): Command | undefined {
  if (press.ctrlKey || press.altKey || press.metaKey || (!signs && writes(press.key))) return undefined;
  return KEYS.find((one) => one.press === press.key && (one.shift ?? press.shiftKey) === press.shiftKey)?.does;
}

export const SPEEDS = [0.5, 0.75, 1, 1.25, 1.5, 1.75, 2, 2.5, 3, 4] as const;

/** The next speed in a direction; it stays at an end. */
export function speed(now: number, direction: 1 | -1): number {
  const at = SPEEDS.findIndex((one) => one >= now);
  return SPEEDS[Math.min(SPEEDS.length - 1, Math.max(0, (at < 0 ? SPEEDS.length - 1 : at) + direction))] ?? 1;
}
