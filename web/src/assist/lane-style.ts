import { css } from "lit";

export const laneStyle = css`
  :host { display: grid; grid-template: auto minmax(0, 1fr) / minmax(0, 1fr); position: relative; min-height: 0; min-width: 0; }
  h2 { font: 600 0.875rem / 1 inherit; font-size: 0.875rem; line-height: 1; margin: 0; padding: 0.75rem 1rem; color: var(--soft); }
  .scroll {
    overflow-y: auto; overscroll-behavior: contain; scrollbar-gutter: stable; scrollbar-width: thin; padding: 0 1rem 1rem;
    min-height: 0;
  }
  .scroll:focus-visible { outline-offset: -2px; }
  ol { list-style: none; margin: 0; padding: 0; }
  .said { display: grid; grid-template-columns: 2.75rem minmax(0, 1fr); column-gap: 0.5rem; padding: 0.3rem 0; border-radius: 0.4rem; }
  .at { font-size: 0.75rem; line-height: 1.5rem; color: var(--soft); font-variant-numeric: tabular-nums; }
  p { margin: 0; line-height: 1.5rem; overflow-wrap: anywhere; }
  ::highlight(vv-unsure) { color: var(--soft); }
  .marked { background: var(--accent-soft); }
  .earlier, .latest {
    font-size: 0.875rem; background: var(--raised); border: 1px solid var(--edge); border-radius: 99px; padding: 0.35rem 0.9rem;
  }
  .earlier { display: block; margin: 0 auto 0.5rem; }
  .earlier[hidden] { visibility: hidden; }
  .latest { position: absolute; inset-block-end: 0.75rem; inset-inline-start: 50%; translate: -50% 0; box-shadow: 0 2px 12px rgb(0 0 0 / 0.15); }
  :host(:dir(rtl)) .latest { translate: 50% 0; }
  .latest[hidden] { display: none; }
`;
