/** What a reader has chosen, kept in this browser. Never whether to record: that is asked anew each time. */

export interface Settings {
  replies: boolean;
  webrtc: boolean;
  language: string;
  translate: boolean;
  hotwords: string;
  source: string;
}

const KEY = "vivavoce-settings";
const DEFAULTS: Settings = { replies: true, webrtc: false, language: "", translate: false, hotwords: "", source: "" };
const MOST = 100;
const LONGEST = 60;

/** As they were left; what is missing, or is nothing that we wrote, as it is at first. */
export function remembered(): Settings {
  let kept: unknown;
  try {
    kept = JSON.parse(localStorage.getItem(KEY) ?? "{}");
  } catch {
    return DEFAULTS;
  }
  const known = Object.entries(kept ?? {}).filter(([name, value]) => name in DEFAULTS && typeof value === typeof DEFAULTS[name as keyof Settings]);
  return { ...DEFAULTS, ...Object.fromEntries(known) };
}

export function remember(settings: Settings): void {
  localStorage.setItem(KEY, JSON.stringify(settings));
}

/** Words as they were typed, one a line or with commas: what the server takes of them (100 of 60 characters). */
export function hotwords(text: string): string[] {
  const all = text.split(/[,\n]/).map((word) => word.trim()).filter(Boolean);
  return [...new Set(all)].filter((word) => word.length <= LONGEST).slice(0, MOST);
}
