/** Light or dark as the system has it, or as the reader has chosen on any of the pages; and the way from page to page. */

import { css, html, LitElement, nothing } from "lit";

const KEY = "vivavoce-theme";
const THEMES = { "": "System", light: "Light", dark: "Dark" } as const;
type Theme = keyof typeof THEMES;

function chosen(): Theme {
  const kept = localStorage.getItem(KEY) ?? "";
  return kept === "light" || kept === "dark" ? kept : "";
}

function show(theme: Theme): void {
  if (theme) document.documentElement.dataset["theme"] = theme;
  else delete document.documentElement.dataset["theme"];
}

show(chosen());
addEventListener("storage", ({ key }) => key === KEY && show(chosen()));

const PAGES = [
  { here: "speak", href: "./", name: "Speak", also: "" },
  { here: "live", href: "./live", name: "Live", also: " sessions" },
  { here: "desk", href: "./desk", name: "Desk", also: "" },
  { here: "replay", href: "./replay", name: "Recorded", also: " sessions" },
] as const;

/** `here`: the page that it stands on. */
export class Pages extends LitElement {
  static override properties = { here: {}, theme: { state: true } };
  static override styles = css`
    :host { display: flex; flex-wrap: wrap; align-items: center; gap: 0 0.1rem; }
    nav { display: flex; flex-wrap: wrap; }
    a, select {
      font: inherit; font-size: 0.875rem; line-height: 1.3; color: var(--soft); text-decoration: none; padding: 0.45rem 0.7rem;
      border-radius: 99px; white-space: nowrap;
    }
    :is(a, select):hover { color: var(--ink); background: var(--hover); }
    :is(a, select):focus-visible { outline: 2px solid var(--accent); outline-offset: 2px; }
    a[aria-current] { color: var(--ink); font-weight: 600; }
    select { border: 1px solid transparent; background: none; padding: 0.4rem 0.3rem; cursor: pointer; }
    option { color: var(--ink); background: var(--raised); }
    .unseen { position: absolute; width: 1px; height: 1px; overflow: hidden; clip-path: inset(50%); white-space: nowrap; }
    @media (max-width: 26rem) {
      a { padding: 0.45rem 0.4rem; }
      select { padding: 0.4rem 0; }
    }
  `;

  declare here: string;
  declare theme: Theme;

  constructor() {
    super();
    this.here = "";
    this.theme = chosen();
  }

  override render() {
    return html`<nav aria-label="Pages">${PAGES.map(({ here, href, name, also }) => html`<a href=${href}
        aria-label=${name + also} aria-current=${here === this.here ? "page" : nothing}>${name}</a>`)}</nav>
      <label><span class="unseen">Theme</span><select @change=${this.choose}>
        ${Object.entries(THEMES).map(([value, name]) => html`<option value=${value} ?selected=${value === this.theme}>${name}</option>`)}
      </select></label>`;
  }

  private readonly choose = (event: Event) => {
    this.theme = (event.target as HTMLSelectElement).value as Theme;
    localStorage.setItem(KEY, this.theme);
    show(this.theme);
  };
}

customElements.define("vv-pages", Pages);
