/** `<vv-replay>`: a recorded call, to be heard and read along. See docs/components/replay.md. */

import { css, html, LitElement } from "lit";
import { Archive, Trouble } from "../replay/rest.ts";
import type { Session } from "../replay/session.ts";
import "../replay/session.ts";
import type { Ticket } from "../replay/shapes.ts";
import { notice } from "../replay/words.ts";
import { parts } from "./feed.ts";
import { themed } from "./themed.ts";

/** With a ticket for a session there is none to ask for: it lets hear, too. */
class Ticketed extends Archive {
  override ticket(): Promise<Ticket> {
    return Promise.resolve({ ticket: this.key, expires_at: Number.MAX_SAFE_INTEGER });
  }
}

export class CallReplay extends LitElement {
  static override properties = { url: {}, ticket: {}, told: { state: true } };
  static override styles = [themed, css`
    :host { display: block; background: var(--ground); --mono: ui-monospace, Menlo, Consolas, monospace; --column: 60rem; --gutter: 1rem; }
    p { margin: 0; padding: 0.75rem 1rem; }
    p:empty { padding: 0; }
  `];

  /** The session's address, `https://host/v1/sessions/SESSION`. */
  declare url: string;
  declare ticket: string;
  declare told: string;

  constructor() {
    super();
    this.url = "";
    this.ticket = "";
    this.told = "";
  }

  override render() {
    return html`<p role="alert">${this.told}</p><vv-session @trouble=${this.troubled}></vv-session>`;
  }

  override updated(changed: Map<string, unknown>) {
    if (!this.url || !(changed.has("url") || changed.has("ticket"))) return;
    const { base, session } = parts(this.url);
    void this.renderRoot.querySelector<Session>("vv-session")?.open(new Ticketed(base, this.ticket), session, undefined);
  }

  private readonly troubled = (event: CustomEvent<{ trouble: Trouble; doing: string }>) => {
    const { title, text } = notice(event.detail.trouble, event.detail.doing);
    this.told = `${title} ${text}`;
  };
}

customElements.define("vv-replay", CallReplay);
