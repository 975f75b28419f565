import { css } from "lit";
import { themed } from "../assist/themed.ts";

export const deskStyle = [
  themed,
  css`
    :host { display: grid; grid-template: auto auto minmax(0, 1fr) / minmax(0, 1fr); height: 100dvh; background: var(--ground); }
    header {
      display: flex; align-items: center; gap: 0.4rem 1.25rem; padding: 0 1rem; min-height: 3.5rem; border-bottom: 1px solid var(--line); font-size: 0.875rem;
    }
    header.paused { background: var(--record); color: var(--on-record); border-color: var(--record); }
    .name { font: 500 1.25rem / 1 var(--serif); display: flex; align-items: center; gap: 0.6rem; color: inherit; text-decoration: none; }
    .name svg { fill: none; stroke: var(--accent); stroke-width: 2.6; stroke-linecap: round; }
    .paused .name svg { stroke: currentColor; }
    h1 { font-size: 1rem; font-weight: 600; margin: 0; }
    .room { flex: 1; }
    .state { display: inline-flex; align-items: center; gap: 0.5rem; white-space: nowrap; min-width: 6.5rem; }
    .state i, .dot { width: 0.55rem; height: 0.55rem; border-radius: 50%; border: 1.5px solid currentColor; box-sizing: border-box; display: inline-block; }
    .state.open i { background: var(--accent); border-color: var(--accent); }
    .paused .state.open i { background: currentColor; border-color: currentColor; }
    .dot { background: var(--record); border-color: var(--record); margin-inline-end: 0.5rem; }
    .figure { font-variant-numeric: tabular-nums; white-space: nowrap; display: inline-flex; gap: 0.35rem; }
    .value { width: 2.75rem; }
    .time { width: 3.5rem; }
    .figure .wide { color: var(--soft); }
    .paused .figure .wide { color: inherit; }
    .heard { white-space: nowrap; overflow: hidden; text-overflow: ellipsis; min-width: 0; }
    button.pause {
      background: var(--raised); border: 1px solid var(--edge); border-radius: 0.4rem; min-height: 2.25rem; padding: 0 1rem; font-weight: 600; width: 8rem;
      white-space: nowrap;
    }
    button.pause:disabled { color: var(--soft); font-weight: 400; cursor: default; }
    .paused button.pause { background: var(--on-record); color: var(--record); border-color: var(--on-record); }
    kbd { font: inherit; font-weight: 400; font-size: 0.75rem; border: 1px solid currentColor; border-radius: 0.25rem; padding: 0 0.3rem; opacity: 0.85; }
    .quiet { background: none; border: 1px solid transparent; border-radius: 0.4rem; min-height: 2.25rem; padding: 0 0.6rem; color: inherit; }
    .quiet:hover { background: var(--hover); color: var(--ink); }
    .told { margin: 0; padding: 0.5rem 1rem; background: var(--hover); color: var(--bad); font-size: 0.9375rem; }
    .told.bare { padding: 0; }
    main.call { display: grid; grid-template: minmax(0, 1fr) / minmax(0, 1.15fr) minmax(24rem, 1fr); min-height: 0; }
    vv-assist { border-inline-start: 1px solid var(--line); min-height: 0; }
    .choose { overflow-y: auto; padding: 1.5rem clamp(1rem, 5vw, 4rem); display: grid; grid-template-columns: repeat(auto-fit, minmax(min(20rem, 100%), 1fr)); gap: 2rem 3rem; align-content: start; }
    h2 { font: 500 1.25rem / 1.3 var(--serif); margin: 0 0 0.75rem; }
    .calls { list-style: none; margin: 0; padding: 0; }
    .calls a {
      display: flex; flex-wrap: wrap; gap: 0.15rem 1rem; padding: 0.7rem 0.9rem; margin-bottom: 0.5rem; color: inherit; text-decoration: none; font-size: 0.875rem;
      background: var(--raised); border: 1px solid var(--line); border-radius: 0.5rem; font-variant-numeric: tabular-nums;
    }
    .calls a:hover { border-color: var(--edge); }
    .calls strong { flex: 1 1 100%; font-size: 1rem; font-weight: 600; }
    .calls span, .none, section p { color: var(--soft); }
    .main { background: var(--accent); color: var(--on-accent); border: 1px solid var(--accent); border-radius: 0.4rem; min-height: 2.25rem; padding: 0 1rem; }
    form { display: flex; flex-wrap: wrap; align-items: center; gap: 0.5rem 0.75rem; }
    input[type="password"] { font: inherit; color: inherit; background: var(--raised); border: 1px solid var(--edge); border-radius: 0.4rem; padding: 0.35rem 0.6rem; min-width: 0; }
    input[type="file"] { font: inherit; font-size: 0.875rem; max-width: 100%; display: block; margin-top: 0.35rem; min-height: 1.75rem; }
    input[type="checkbox"] { width: 1.5rem; height: 1.5rem; vertical-align: middle; accent-color: var(--accent); margin: 0 0.35rem 0 0; }
    dialog { color: var(--ink); background: var(--raised); border: 1px solid var(--edge); border-radius: 0.75rem; padding: 1.25rem 1.5rem; max-width: min(34rem, 90vw); }
    dialog::backdrop { background: rgb(0 0 0 / 0.35); }
    dl { margin: 0; }
    dl div { display: grid; grid-template-columns: 5rem 1fr; padding: 0.2rem 0; }
    dd { margin: 0; }
    @media (max-width: 64rem) {
      header { flex-wrap: wrap; padding: 0.4rem 0.75rem; }
      .name span, .figure .wide { display: none; }
      .state { min-width: 0; }
      .quiet { padding: 0 0.3rem; }
      button.pause { width: 7rem; padding: 0 0.5rem; }
      header { gap: 0.2rem 0.75rem; }
      main.call { grid-template: 22rem auto / minmax(0, 1fr); overflow-y: auto; }
      vv-assist { border-inline-start: 0; border-top: 1px solid var(--line); height: 44rem; }
    }
  `,
];
