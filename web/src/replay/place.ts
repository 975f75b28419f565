/** Where one is: what stands behind the `#` of the address. `#SESSION@ms` is a session, `#?q=…&since=…` the list. */

import type { Query } from "./rest.ts";

/** What the list is narrowed down by; "" is anything. `since` and `until` are days (YYYY-MM-DD) of this place's time. */
export interface Wanted {
  q: string;
  since: string;
  until: string;
  channel: string;
  language: string;
  verdict: string;
  origin: string;
  /** `key=value`; more than one with commas between. */
  metadata: string;
}

export type Place = { name: "list"; wanted: Wanted } | { name: "session"; id: string; atMs: number | undefined };

export const ANYTHING: Wanted = {
  q: "",
  since: "",
  until: "",
  channel: "",
  language: "",
  verdict: "",
  origin: "",
  metadata: "",
};

export function place(hash: string): Place {
  const text = hash.replace(/^#/, "");
  if (text === "" || text.startsWith("?")) {
    const given = new URLSearchParams(text.slice(1));
    const wanted = { ...ANYTHING };
    for (const name of Object.keys(ANYTHING) as (keyof Wanted)[]) wanted[name] = given.get(name) ?? "";
    return { name: "list", wanted };
  }
  const [, id = "", at] = /^(.*?)(?:@(\d+))?$/.exec(text) ?? [];
  return { name: "session", id: decoded(id), atMs: at === undefined ? undefined : Number(at) };
}

export function address(to: Place): string {
  if (to.name === "session") {
    return `#${encodeURIComponent(to.id)}${to.atMs === undefined ? "" : `@${Math.max(0, Math.round(to.atMs))}`}`;
  }
  const given = Object.entries(to.wanted).filter(([, value]) => value !== "");
  return given.length ? `#?${new URLSearchParams(given)}` : "#";
}

/** The filters as the server takes them: times in Unix ms, `until` to the end of its day. */
export function filters(wanted: Wanted): Query {
  const query: [string, string][] = [
    ["since", midnight(wanted.since, 0)],
    ["until", midnight(wanted.until, 1)],
    ["channel", wanted.channel],
    ["language", wanted.language.trim()],
    ["verdict", wanted.verdict.trim()],
    ["origin", wanted.origin],
  ];
  for (const pair of wanted.metadata.split(",")) {
    const [key = "", ...value] = pair.split("=");
    if (key.trim() && value.length) query.push([`metadata.${key.trim()}`, value.join("=").trim()]);
  }
  return query.filter(([, value]) => value !== "");
}

function midnight(day: string, later: number): string {
  const [year, month, date] = day.split("-").map(Number);
  if (!year || !month || !date) return "";
  const at = new Date(year, month - 1, date + later).getTime();
  return String(later ? at - 1 : at);
}

function decoded(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}
