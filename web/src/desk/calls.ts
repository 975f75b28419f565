/** The calls that go on, to choose one, and how to begin one here. */

import { html, nothing } from "lit";
import { clock } from "../replay/words.ts";

/** A live session as the server lists it. */
export interface Offered {
  session_id: string;
  mode: string;
  started_at: number;
  duration_ms: number;
  channels: number;
  metadata: Record<string, string>;
  viewers: number;
  record: boolean;
  paused: boolean;
}

/** The live sessions of the tenant; "key": a reader's key is needed; undefined: nobody answers. */
export async function listed(base: string, key: string): Promise<Offered[] | "key" | undefined> {
  const headers = key ? { Authorization: `Bearer ${key}` } : {};
  const answer = await fetch(new URL("v1/sessions?live=1", base), { cache: "no-store", headers }).catch(() => undefined);
  if (answer?.status === 401) return "key";
  if (!answer?.ok) return undefined;
  return ((await answer.json()) as { sessions: Offered[] }).sessions;
}

export interface Choosing {
  needsKey: boolean;
  keyed: (key: string) => void;
  live: () => void;
  file: (file: File) => void;
  record: (on: boolean) => void;
}

export function calls(offered: readonly Offered[], how: Choosing) {
  const keyed = (event: SubmitEvent) => {
    event.preventDefault();
    how.keyed(String(new FormData(event.target as HTMLFormElement).get("key") ?? "").trim());
  };
  const chosen = (event: Event) => {
    const [file] = (event.target as HTMLInputElement).files ?? [];
    if (file) how.file(file);
  };
  return html`
    <section aria-labelledby="calls"><h2 id="calls">Calls that go on</h2>
      ${how.needsKey
        ? html`<form @submit=${keyed}><label for="key">A reader's key</label><input id="key" name="key" type="password" autocomplete="off" required />
            <button class="main">Use this key</button></form>`
        : nothing}
      <ul class="calls">${offered.map(offer)}</ul>
      ${offered.length || how.needsKey ? nothing : html`<p class="none">None at the moment. Calls of Twilio, AudioHook and all other clients are listed here as they begin; <code>vivavoce demo</code> plays one.</p>`}
    </section>
    <section aria-labelledby="begin"><h2 id="begin">Begin one here</h2>
      <p>Your microphone is the agent; the tab that you share, of a softphone say, is the customer.</p>
      <p><button class="main" @click=${how.live}>Microphone and a tab</button></p>
      <p><label class="file">A sound file of two channels <input type="file" accept="audio/*" @change=${chosen} /></label></p>
      <p><label><input type="checkbox" checked @change=${(event: Event) => how.record((event.target as HTMLInputElement).checked)} /> Record it</label></p>
    </section>`;
}

function offer(one: Offered) {
  const about = Object.values(one.metadata).slice(0, 3).join(" · ");
  return html`<li><a href=${`#watch=${encodeURIComponent(one.session_id)}`}>
    <strong dir="auto">${about || `Call ${one.session_id.slice(0, 6)}`}</strong>
    <span>${one.mode === "assist" ? "with suggestions" : "without suggestions"}</span><span>${clock(Date.now() - one.started_at)}</span>
    <span>${one.paused ? "paused" : one.record ? "recorded" : "not recorded"}</span></a></li>`;
}
