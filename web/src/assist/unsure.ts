/**
 * The end of a line that may still change, dimmed. It is painted over the text as it stands (the CSS Custom Highlight
 * API), so that no word moves when another settles; a browser that lacks it dims nothing.
 */

import { points } from "../client.ts";
import type { Said } from "./call.ts";

const NAME = "vv-unsure";
const painted = new WeakMap<Element, Range[]>();

/** Dim the unsure end of each of these lines in an element's shadow, and of no others. */
export function unsure(host: Element, lines: readonly Said[]): void {
  if (!globalThis.CSS?.highlights) return;
  let all = CSS.highlights.get(NAME);
  if (!all) CSS.highlights.set(NAME, (all = new Highlight()));
  for (const range of painted.get(host) ?? []) all.delete(range);
  const ranges = lines.map((one) => range(host, one)).filter((one) => one !== undefined);
  for (const one of ranges) all.add(one);
  painted.set(host, ranges);
}

function range(host: Element, one: Said): Range | undefined {
  const line = host.shadowRoot?.querySelector(`[data-key="${one.key}"] p`);
  const text = [...(line?.childNodes ?? [])].find((node) => node instanceof Text && node.length > 0) as Text | undefined;
  const from = points(one.text).slice(0, one.stable).join("").length;
  if (!text || from >= text.length) return undefined;
  const made = new Range();
  made.setStart(text, from);
  made.setEnd(text, text.length);
  return made;
}
