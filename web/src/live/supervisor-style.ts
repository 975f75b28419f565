import { css } from "lit";
import { commonStyle } from "../replay/common-style.ts";

export const supervisorStyle = [
  commonStyle,
  css`
    :host { display: grid; grid-template: auto minmax(0, 1fr) / minmax(0, 1fr); height: 100dvh; color: var(--ink); background: var(--ground); }
    .top { border-bottom: 1px solid var(--line); }
    .column { display: flex; flex-wrap: wrap; align-items: center; justify-content: space-between; gap: 0 1rem; min-height: 3.5rem; padding: 0 var(--gutter); }
    .name { font: 500 1.375rem / 1 var(--serif); letter-spacing: -0.01em; display: flex; align-items: center; gap: 0.7rem; color: inherit; text-decoration: none; min-height: 1.5rem; }
    .name svg { fill: none; stroke: var(--accent); stroke-width: 2.6; stroke-linecap: round; }
    main { min-height: 0; display: grid; grid-template: minmax(0, 1fr) / minmax(0, 1fr); }
    main.two { grid-template-columns: minmax(0, 1fr) minmax(24rem, 34rem); }
    vv-beside { border-inline-start: 1px solid var(--line); }
    .all { overflow: auto; padding: 1.25rem var(--gutter) 3rem; }
    h1 { font-size: 1.5rem; font-weight: 400; margin: 0 0 1rem; }
    .count { color: var(--soft); font-family: system-ui, sans-serif; font-size: 1rem; }
    .sessions { list-style: none; margin: 0; padding: 0; display: grid; gap: 0.9rem; grid-template-columns: repeat(auto-fill, minmax(min(19rem, 100%), 1fr)); }
    .session article {
      height: 100%; box-sizing: border-box; display: flex; flex-direction: column; gap: 0.5rem; background: var(--raised);
      border: 1px solid var(--line); border-radius: 0.9rem; padding: 0.85rem 1rem 0.6rem;
    }
    .watched article { border-color: var(--accent); box-shadow: inset 0 0 0 1px var(--accent); }
    .session header { display: flex; justify-content: space-between; align-items: baseline; gap: 0.75rem; }
    .session h2 { font-size: 1.0625rem; overflow: hidden; text-overflow: ellipsis; white-space: nowrap; }
    code { font: 0.75rem var(--mono); color: var(--soft); margin-inline-start: 0.35rem; }
    .length { font-size: 0.875rem; }
    .topic { margin: 0; font-size: 0.875rem; color: var(--accent); overflow: hidden; display: -webkit-box; -webkit-box-orient: vertical; -webkit-line-clamp: 2; }
    /* Two lines for each of two speakers are kept free, so that no card grows or shrinks while people speak. */
    .said { margin: 0; min-height: 6.2rem; font-size: 0.9375rem; line-height: 1.45; display: flex; flex-direction: column; gap: 0.3rem; }
    .said div { display: grid; grid-template-columns: 4.6rem minmax(0, 1fr); gap: 0.5rem; }
    .said dt { font-size: 0.8125rem; line-height: 1.36rem; color: var(--soft); }
    .said dd { margin: 0; overflow: hidden; display: -webkit-box; -webkit-box-orient: vertical; -webkit-line-clamp: 2; overflow-wrap: anywhere; }
    .unsure { color: var(--soft); font-style: italic; }
    .alert { color: var(--warn); border-color: currentColor !important; }
    .alert.new { color: var(--ground); background: var(--warn); }
    .session footer { margin-top: auto; display: flex; align-items: center; justify-content: space-between; gap: 0.5rem; }
    .facts { list-style: none; margin: 0; padding: 0; display: flex; flex-wrap: wrap; gap: 0 0.9rem; font-size: 0.8125rem; color: var(--soft); }
    .facts .bad { color: var(--bad); font-weight: 600; }
    .session .quiet { border-color: var(--edge); color: var(--ink); margin-inline-end: -0.2rem; flex: none; }
    .session .quiet[aria-pressed="true"] { background: var(--accent-soft); border-color: var(--accent); }
    .card { display: flex; flex-wrap: wrap; gap: 0.5rem 1rem; background: var(--notice); border: 1px solid var(--notice-edge); border-radius: 0.9rem; padding: 0.7rem 1.1rem; margin: 0 0 1rem; font-size: 0.9375rem; }
    .card.bare { display: contents; }
    .card [role="alert"] { flex: 1 1 100%; }
    .card p { margin: 0; }
    .key { display: flex; flex-wrap: wrap; align-items: center; gap: 0.5rem 0.75rem; }
    .card .quiet { color: var(--ink); border-color: var(--notice-edge); }
    @media (max-width: 56rem) {
      main.two { grid-template: minmax(0, 2fr) minmax(0, 3fr) / minmax(0, 1fr); }
      vv-beside { border-inline-start: 0; border-top: 1px solid var(--edge); }
      main.two .said, main.two .topic { display: none; }
    }
    @media (max-width: 26rem) { .word { display: none; } .column { gap: 0 0.25rem; } }
  `,
];
