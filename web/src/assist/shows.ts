/** What every component of a call has: `url` and `ticket`, or a `feed` that the page has already. */

import type { PropertyDeclarations } from "lit";
import { LitElement } from "lit";
import type { Call } from "./call.ts";
import { EMPTY } from "./call.ts";
import type { Feed } from "./feed.ts";
import { held, release } from "./feed.ts";

export class ShowsCall extends LitElement {
  static override properties: PropertyDeclarations = { url: {}, ticket: {}, feed: { attribute: false } };

  declare url: string;
  declare ticket: string;
  /** A feed of the page's own; it is not closed by this element. */
  declare feed: Feed | undefined;
  private own: Feed | undefined;
  private watched: Feed | undefined;

  constructor() {
    super();
    this.url = "";
    this.ticket = "";
  }

  /** The call as it is now. */
  protected get call(): Call {
    return this.source?.call ?? EMPTY;
  }

  protected get source(): Feed | undefined {
    return this.feed ?? this.own;
  }

  override disconnectedCallback() {
    super.disconnectedCallback();
    this.let();
    this.listen(undefined);
  }

  override connectedCallback() {
    super.connectedCallback();
    this.reach();
  }

  override willUpdate(changed: Map<string, unknown>) {
    if (changed.has("url") || changed.has("ticket") || changed.has("feed")) this.reach();
  }

  private reach(): void {
    this.let();
    if (!this.feed && this.url) this.own = held({ url: this.url, ticket: this.ticket });
    this.listen(this.source);
  }

  private let(): void {
    if (this.own) release(this.own);
    this.own = undefined;
  }

  private listen(feed: Feed | undefined): void {
    if (feed === this.watched) return;
    this.watched?.removeEventListener("change", this.came);
    this.watched?.removeEventListener("asked", this.wanted);
    this.watched = feed;
    feed?.addEventListener("change", this.came);
    feed?.addEventListener("asked", this.wanted);
    if (feed) this.requestUpdate();
  }

  /** Somebody who shows the same call wants to see what these segments say. */
  protected asked(segments: readonly number[]): void {
    void segments;
  }

  private readonly wanted = (event: Event) => this.asked((event as CustomEvent<readonly number[]>).detail);

  private readonly came = () => this.requestUpdate();
}
