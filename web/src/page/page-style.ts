import { css } from "lit";

export const pageStyle = css`
  :host {
    display: grid; grid-template: auto minmax(0, 1fr) auto / minmax(0, 1fr); height: 100dvh; color: var(--ink);
    background: var(--ground);
  }
  .column { max-width: var(--column); margin: 0 auto; padding: 0 var(--gutter); }
  header { border-bottom: 1px solid var(--line); }
  header .column { display: flex; flex-wrap: wrap; align-items: center; gap: 0 0.5rem; min-height: 4rem; }
  header .name { margin-inline-end: auto; }
  .name { font: 500 1.375rem / 1 var(--serif); letter-spacing: -0.01em; display: flex; align-items: center; gap: 0.7rem; margin: 0; }
  .name svg { fill: none; stroke: var(--accent); stroke-width: 2.6; stroke-linecap: round; }
  .unseen {
    position: absolute; width: 1px; height: 1px; overflow: hidden; clip-path: inset(50%); white-space: nowrap;
  }
  .quiet {
    font: inherit; font-size: 0.875rem; color: var(--soft); background: none; border: 1px solid transparent;
    border-radius: 99px; padding: 0.45rem 0.9rem; cursor: pointer; white-space: nowrap;
  }
  .quiet:hover { color: var(--ink); background: var(--hover); }
  a.quiet { text-decoration: none; }
  :is(a, button, input):focus-visible { outline: 2px solid var(--accent); outline-offset: 2px; }

  main { display: grid; grid-template: minmax(0, 1fr) auto / minmax(0, 1fr); min-height: 0; position: relative; }
  vv-transcript { grid-area: 1 / 1; }
  vv-composer { grid-area: 2 / 1; }
  /* It lies over the conversation's foot, so that the composer stays where it is. */
  .notices { grid-area: 1 / 1; align-self: end; z-index: 1; pointer-events: none; position: relative; }
  .card {
    pointer-events: auto; box-sizing: border-box; max-width: calc(var(--column) - 2 * var(--gutter)); width: calc(100% - 2 * var(--gutter));
    margin: 0 auto 1rem; display: flex; flex-wrap: wrap; align-items: center; gap: 0.5rem 1rem; background: var(--notice);
    border: 1px solid var(--notice-edge); border-radius: 1rem; padding: 0.8rem 0.8rem 0.8rem 1.25rem;
    box-shadow: 0 6px 28px rgb(0 0 0 / 0.1);
  }
  .card.bare { background: none; border-color: transparent; box-shadow: none; pointer-events: none; }
  .card > [role="alert"], .card > [role="status"] { flex: 1 1 12rem; }
  .card > :empty { flex: 0 0 0; margin-left: -1rem; }
  .notice p { margin: 0; font-size: 0.9375rem; line-height: 1.5; }
  .card .quiet { color: var(--ink); border-color: var(--notice-edge); }
  .key { display: flex; align-items: center; gap: 0.75rem; flex: 1 1 100%; font-size: 0.9375rem; }
  .key input {
    font: inherit; color: var(--ink); background: var(--raised); border: 1px solid var(--edge); border-radius: 0.5rem;
    padding: 0.4rem 0.6rem; min-width: 0; flex: 0 1 18rem;
  }

  footer { border-top: 1px solid var(--line); background: var(--foot); }
  footer .column {
    display: flex; align-items: center; justify-content: space-between; gap: 0.25rem 1.5rem; min-height: 3.75rem;
    font-size: 0.8125rem; color: var(--soft);
  }
  .states { display: flex; flex-direction: column; gap: 0.15rem; min-width: 13rem; }
  .state { display: inline-flex; align-items: center; gap: 0.5rem; white-space: nowrap; font-variant-numeric: tabular-nums; }
  .state i { width: 0.5rem; height: 0.5rem; border-radius: 50%; border: 1.5px solid currentColor; box-sizing: border-box; }
  .state.open i { background: var(--accent); border-color: var(--accent); }
  .state.recording { color: var(--ink); }
  .state.recording i { background: var(--record); border-color: var(--record); }
  .state.reconnecting, .state.failed { color: var(--warn); }
  .state.reconnecting i { background: currentColor; }
  dl { display: flex; gap: 1.1rem; margin: 0; flex: 1; }
  dl div { min-width: 3.4rem; }
  dt { font-size: 0.75rem; }
  dd { margin: 0; color: var(--ink); font-variant-numeric: tabular-nums; white-space: nowrap; }
  footer .quiet { margin-right: -0.9rem; font-size: inherit; }
  [popover] {
    inset: auto max(1rem, calc(50vw - var(--column) / 2 + 1rem)) 4.5rem auto; margin: 0; max-width: min(34rem, calc(100vw - 2rem));
    color: var(--ink); background: var(--raised); border: 1px solid var(--edge); border-radius: 1rem;
    padding: 1.1rem 1.4rem; box-shadow: 0 10px 40px rgb(0 0 0 / 0.18); box-sizing: border-box;
  }
  h2 { font: 500 1.0625rem / 1.3 var(--serif); margin: 0 0 0.6rem; }
  #serves ul { list-style: none; margin: 0; padding: 0; font-size: 0.875rem; line-height: 1.9; }
  #serves p { margin: 0; font-size: 0.875rem; }
  .role { display: inline-block; min-width: 6rem; color: var(--soft); }
  code { color: var(--soft); margin-left: 0.5rem; font-family: var(--mono); }

  .drop {
    position: fixed; inset: 0.75rem; z-index: 3; display: grid; place-items: center; border-radius: 1.25rem; pointer-events: none;
    border: 2px dashed var(--accent); background: color-mix(in srgb, var(--ground) 88%, transparent);
    font: 400 1.75rem / 1.2 var(--serif);
  }
  @media (max-width: 50rem) {
    footer .column { flex-wrap: wrap; padding-top: 0.5rem; padding-bottom: 0.5rem; }
    dl { order: 3; flex: 1 1 100%; justify-content: space-between; gap: 0.5rem; }
    [popover] { inset: auto 1rem 7.5rem auto; }
  }
  @media (max-width: 40rem) {
    header .column { min-height: 3.25rem; }
    header .quiet { padding: 0.45rem 0.6rem; }
    dl div { min-width: 0; }
    dl div:nth-child(4) { display: none; }
    .states { min-width: 0; }
  }
  @media (max-width: 26rem) {
    .name { font-size: 0; gap: 0; }
    header .column { gap: 0; }
    header .quiet { padding: 0.45rem 0.4rem; }
    .wide { position: absolute; width: 1px; height: 1px; overflow: hidden; clip-path: inset(50%); }
  }
`;
