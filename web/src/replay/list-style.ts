import { css } from "lit";
import { commonStyle } from "./common-style.ts";

export const listStyle = [
  commonStyle,
  css`
    :host { display: block; max-width: var(--column); margin: 0 auto; padding: 1.5rem var(--gutter) 4rem; }
    .search { display: flex; flex-wrap: wrap; gap: 0.6rem; margin-bottom: 1.25rem; }
    #q { flex: 1 1 16rem; font-size: 1.0625rem; padding: 0.6rem 1rem; border-radius: 1.5rem; }
    .go { border: 0; background: var(--accent); color: var(--on-accent); border-radius: 1.5rem; padding: 0.6rem 1.3rem; }
    .go:hover { background: var(--accent-deep); }
    details { flex: 1 1 100%; font-size: 0.875rem; }
    summary { color: var(--soft); cursor: pointer; width: fit-content; padding: 0.2rem 0.4rem; border-radius: 0.3rem; }
    .filters { display: flex; flex-wrap: wrap; gap: 0.7rem 1rem; align-items: end; padding: 0.6rem 0.4rem 0.2rem; }
    .filters label { display: flex; flex-direction: column; gap: 0.15rem; color: var(--soft); }
    .filters input { width: 9rem; }
    .filters input[name="channel"] { width: 4rem; }
    .filters .quiet { border-color: var(--edge); color: var(--ink); }
    ul { list-style: none; margin: 0; padding: 0; }
    .sessions { border-top: 1px solid var(--line); }
    .sessions > li { border-bottom: 1px solid var(--line); }
    .row { display: grid; align-items: start; grid-template-columns: 13rem 6rem minmax(0, 1fr); gap: 0.2rem 1rem; padding: 0.75rem 0.6rem; color: inherit; text-decoration: none; border-radius: 0.4rem; }
    .row:hover, .row:focus-visible { background: var(--hover); }
    .row .when { white-space: nowrap; font-weight: 600; font-variant-numeric: tabular-nums; }
    .group { margin: 0 0 1.4rem; }
    .group h2 { font-size: 1.0625rem; padding: 0 0.6rem; }
    .group h2 a { color: inherit; }
    .hits .row { grid-template-columns: 4.5rem 6rem minmax(0, 1fr); padding: 0.45rem 0.6rem; }
    .at { color: var(--accent); font-variant-numeric: tabular-nums; }
    .kind { color: var(--soft); font-size: 0.875rem; }
    .line { overflow-wrap: anywhere; }
    mark { background: var(--notice-edge); color: var(--ink); border-radius: 0.15rem; }
    .more { display: block; margin: 1.25rem auto; border-color: var(--edge); }
    @media (max-width: 40rem) {
      .row { grid-template-columns: minmax(0, 1fr) auto; }
      .row .tags { grid-column: 1 / -1; }
      .hits .row { grid-template-columns: auto minmax(0, 1fr); }
      .hits .line { grid-column: 1 / -1; }
    }
  `,
];
