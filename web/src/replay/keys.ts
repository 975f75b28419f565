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

interface Press {
  key: string;
  shiftKey: boolean;
  ctrlKey: boolean;
  altKey: boolean;
  metaKey: boolean;
}

/** What to do for a key that is pressed outside of any field, if anything. */
export function command(press: Press): Command | undefined {
  if (press.ctrlKey || press.altKey || press.metaKey) return undefined;
  return KEYS.find((one) => one.press === press.key && (one.shift ?? press.shiftKey) === press.shiftKey)?.does;
}

export const SPEEDS = [0.5, 0.75, 1, 1.25, 1.5, 1.75, 2, 2.5, 3, 4] as const;

/** The next speed in a direction; it stays at an end. */
export function speed(now: number, direction: 1 | -1): number {
  const at = SPEEDS.findIndex((one) => one >= now);
  return SPEEDS[Math.min(SPEEDS.length - 1, Math.max(0, (at < 0 ? SPEEDS.length - 1 : at) + direction))] ?? 1;
}
