/** What keys do at the desk; the help is made of the same table. */

import { html } from "lit";
import { setSigns, signsOn } from "../replay/keys.ts";

export { signsOn } from "../replay/keys.ts";

const KEYS = [
  ["F8", "Pause, for a card number, or go on"],
  ["1 2 3", "Go to a suggestion"],
  ["c", "Copy it: it is marked as accepted"],
  ["e", "Edit it; Ctrl Enter copies what you made of it, Escape leaves it"],
  ["x", "Reject it"],
  ["?", "This help"],
] as const;

export function help() {
  return html`<dialog aria-labelledby="keys"><h2 id="keys">Keys</h2>
    <p>c, e and x are for the suggestion in focus or under the pointer, else for the newest.</p>
    <dl>${KEYS.map(([keys, says]) => html`<div><dt><kbd>${keys}</kbd></dt><dd>${says}</dd></div>`)}</dl>
    <p><label><input type="checkbox" ?checked=${signsOn()} @change=${(event: Event) => setSigns((event.target as HTMLInputElement).checked)} /> Letters and figures do this (F8 and the buttons always do)</label></p>
    <form method="dialog"><button class="main" autofocus>Close</button></form>
  </dialog>`;
}
