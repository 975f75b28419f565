import { css } from "lit";
import { commonStyle } from "./common-style.ts";

export const replayStyle = [
  commonStyle,
  css`
    :host { display: grid; grid-template: auto auto minmax(0, 1fr) / minmax(0, 1fr); height: 100dvh; color: var(--ink); background: var(--ground); }
    header { border-bottom: 1px solid var(--line); }
    header .column { display: flex; flex-wrap: wrap; align-items: center; gap: 0 1rem; min-height: 3.5rem; padding: 0 var(--gutter); max-width: 76rem; margin: 0 auto; }
    .name {
      font: 500 1.375rem / 1 var(--serif); letter-spacing: -0.01em; display: flex; align-items: center; gap: 0.7rem; color: inherit;
      text-decoration: none;
    }
    .name svg { fill: none; stroke: var(--accent); stroke-width: 2.6; stroke-linecap: round; }
    header h1 { color: var(--soft); font: inherit; }
    header button { margin-left: auto; margin-right: -0.85rem; }
    main { min-height: 0; }
    main.list { overflow: auto; }
    @media (max-width: 30rem) {
      .word { display: none; }
      header .column { gap: 0 0.5rem; }
    }
    @media (max-width: 56rem) { main.session { overflow: auto; } }
    .card {
      box-sizing: border-box; max-width: 74rem; width: calc(100% - 2 * var(--gutter)); margin: 0.75rem auto 0; display: flex; flex-wrap: wrap;
      align-items: center; gap: 0.5rem 1rem; background: var(--notice); border: 1px solid var(--notice-edge); border-radius: 1rem; padding: 0.7rem 0.8rem 0.7rem 1.25rem;
    }
    .card.bare { background: none; border-color: transparent; padding: 0; margin: 0 auto; border-width: 0; }
    .card > [role="alert"], .card > [role="status"] { flex: 1 1 12rem; }
    .card > :empty { flex: 0 0 0; margin-left: -1rem; }
    .card p { margin: 0; font-size: 0.9375rem; }
    .card .quiet { color: var(--ink); border-color: var(--notice-edge); }
    .key { display: flex; flex-wrap: wrap; align-items: center; gap: 0.5rem 0.75rem; flex: 1 1 100%; font-size: 0.9375rem; }
    .key input { flex: 0 1 18rem; }
    dialog {
      color: var(--ink); background: var(--raised); border: 1px solid var(--edge); border-radius: 1rem; padding: 1.4rem 1.6rem;
      max-width: min(34rem, calc(100vw - 2rem)); box-sizing: border-box; box-shadow: 0 10px 40px rgb(0 0 0 / 0.18);
    }
    dialog::backdrop { background: rgb(0 0 0 / 0.35); }
    dialog p { margin: 0.8rem 0; font-size: 0.9375rem; }
    dialog form { display: flex; justify-content: flex-end; gap: 0.5rem; margin-top: 1rem; }
    dialog .quiet { border-color: var(--edge); color: var(--ink); }
    dialog .danger { background: var(--bad); border-color: var(--bad); color: var(--ground); }
    dialog .danger:hover { color: var(--ground); background: color-mix(in srgb, var(--bad) 85%, var(--ink)); }
    dl { margin: 0.8rem 0 0; font-size: 0.9375rem; }
    dl div { display: flex; gap: 1rem; padding: 0.2rem 0; }
    dt { flex: 0 0 8rem; }
    dd { margin: 0; }
  `,
];
