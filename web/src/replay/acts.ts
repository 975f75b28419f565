/** What each command does in a session. */

import type { Command } from "./keys.ts";
import type { Opened } from "./opened.ts";
import type { Session } from "./session.ts";

const STEP_MS = 5000;
/** While it plays, the word before is the one before this one only if this has just begun. */
const GRACE_MS = 300;

export function act(wanted: Command, view: Session, { player, timeline }: Opened): void | Promise<void> {
  const { ms } = player;
  switch (wanted) {
    case "play":
      return player.toggle();
    case "back":
      return view.seek(ms - STEP_MS);
    case "forward":
      return view.seek(ms + STEP_MS);
    case "word-back":
      return view.seek(timeline.previous(ms - (player.playing ? GRACE_MS : 1))?.startMs ?? 0);
    case "word-forward":
      return view.seek(timeline.next(ms + 1)?.startMs ?? ms);
    case "slower":
      return player.faster(-1);
    case "faster":
      return player.faster(1);
    case "find":
      return view.find();
    case "find-next":
      return view.step(1);
    case "find-previous":
      return view.step(-1);
    case "correct":
      return view.lines?.edit(timeline.lineAt(ms) ?? 0, timeline.at(ms)[0]?.word);
    case "bookmark":
      return view.bookmark();
    case "note":
      return view.note();
    case "zoom-in":
      return view.zoom(2);
    case "zoom-out":
      return view.zoom(0.5);
    case "list":
      return view.tell("list");
    case "help":
      return view.tell("help");
  }
}
