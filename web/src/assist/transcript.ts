/** `<vv-transcript>`: a call as it is written, the customer beside the agent. See docs/components/transcript.md. */

import { css, html } from "lit";
import { repeat } from "lit/directives/repeat.js";
import { AGENT, CUSTOMER } from "./call.ts";
import type { CallLane } from "./lane.ts";
import "./lane.ts";
import { ShowsCall } from "./shows.ts";
import { themed } from "./themed.ts";

/** Finals of the customer that are there to be read out. */
const READ = 4;

export class CallTranscript extends ShowsCall {
  static override properties = { agent: {}, customer: {} };
  static override styles = [
    themed,
    css`
      :host { display: block; min-height: 12rem; height: 100%; container-type: size; }
      .lanes { display: grid; grid-template: minmax(0, 1fr) / 1fr 1fr; height: 100%; gap: 1px; background: var(--line); }
      vv-lane { background: var(--ground); }
      @container (max-width: 30rem) { .lanes { grid-template: 1fr 1fr / minmax(0, 1fr); } }
    `,
  ];

  /** What the two sides are called. */
  declare agent: string;
  declare customer: string;

  constructor() {
    super();
    this.agent = "Agent";
    this.customer = "Customer";
  }

  override render() {
    const { lanes } = this.call;
    const heard = lanes[CUSTOMER].lines.slice(-READ).filter((one) => one.settled);
    return html`
      <div class="lanes">
        <vv-lane .lane=${lanes[CUSTOMER]} name=${this.customer}></vv-lane>
        <vv-lane .lane=${lanes[AGENT]} name=${this.agent}></vv-lane>
      </div>
      <div class="unseen" role="log" aria-label=${`What the ${this.customer} said`}>${repeat(heard, (one) => one.key, (one) => html`<p>${one.text}</p>`)}</div>
    `;
  }

  /** Show where one of these segments was said. */
  async reveal(segments: readonly number[]): Promise<void> {
    for (const lane of this.renderRoot.querySelectorAll<CallLane>("vv-lane")) {
      if (segments[0] !== undefined && (await lane.reveal(segments[0]))) return;
    }
  }

  protected override asked(segments: readonly number[]): void {
    void this.reveal(segments);
  }
}

customElements.define("vv-transcript", CallTranscript);
