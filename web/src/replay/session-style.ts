import { css } from "lit";
import { commonStyle } from "./common-style.ts";

export const sessionStyle = [
  commonStyle,
  css`
    :host {
      display: grid; grid-template: auto auto minmax(0, 1fr) / minmax(0, 1fr); min-height: 0; height: 100%; max-width: 76rem; margin: 0 auto;
      padding: 0.9rem var(--gutter) 0; box-sizing: border-box;
    }
    .headline { display: flex; flex-wrap: wrap; align-items: center; gap: 0.3rem 1rem; margin-bottom: 0.6rem; }
    h1 { font-size: 1.25rem; }
    h1 .length { font: 400 1rem / 1.3 system-ui, sans-serif; margin-left: 0.4rem; }
    .actions { margin-left: auto; display: flex; gap: 0.25rem; }
    .actions > .quiet { border-color: var(--line); }
    .waiting { height: 104px; color: var(--soft); }
    .sound { border-block: 1px solid var(--line); padding-top: 0.5rem; }
    .transport { display: flex; flex-wrap: wrap; align-items: center; gap: 0.4rem 0.6rem; padding: 0.45rem 0; font-size: 0.875rem; }
    .play { border: 0; background: var(--accent); color: var(--on-accent); border-radius: 99px; padding: 0.45rem 0; width: 5.5rem; }
    .play:hover { background: var(--accent-deep); }
    .round { border: 1px solid var(--line); background: none; border-radius: 99px; padding: 0.4rem 0.6rem; color: var(--soft); position: relative; }
    .round:hover { background: var(--hover); color: var(--ink); }
    .time { font-variant-numeric: tabular-nums; color: var(--soft); min-width: 7rem; }
    .time .now { color: var(--ink); }
    .transport label { color: var(--soft); }
    .quick { flex: 1; font-size: 0.8125rem; color: var(--soft); text-align: center; min-width: 0; }
    .transport .quiet, .finder .quiet { padding: 0.35rem 0.7rem; position: relative; }
    .read { display: grid; grid-template-columns: minmax(0, 1fr) 17rem; min-height: 0; gap: 1.25rem; }
    .read > .text { display: grid; grid-template: auto minmax(0, 1fr) / minmax(0, 1fr); min-height: 0; min-width: 0; }
    .finder { display: flex; align-items: center; gap: 0.3rem; padding: 0.55rem 0; position: relative; }
    .finder input { flex: 1 1 10rem; border-radius: 99px; padding: 0.4rem 0.9rem; font-size: 0.9375rem; }
    .count { min-width: 5.5rem; text-align: right; font-size: 0.875rem; color: var(--soft); font-variant-numeric: tabular-nums; }
    .reading { color: var(--soft); }
    aside { border-left: 1px solid var(--line); padding: 0.8rem 0 2rem 1.1rem; overflow: auto; font-size: 0.9375rem; }
    aside h2 { font-size: 1rem; margin-bottom: 0.4rem; }
    aside ul { list-style: none; margin: 0; padding: 0; }
    aside li { display: flex; align-items: flex-start; gap: 0.5rem; padding: 0.35rem 0; border-bottom: 1px solid var(--line); }
    aside .words { flex: 1; min-width: 0; overflow-wrap: anywhere; white-space: pre-wrap; }
    aside .bookmark .words { color: var(--soft); }
    .by { display: block; font-size: 0.75rem; color: var(--soft); }
    aside .when { border: 0; background: none; color: var(--accent); padding: 0 0.2rem; border-radius: 0.3rem; font-variant-numeric: tabular-nums; }
    aside .when:hover { background: var(--hover); }
    aside li .quiet { padding: 0 0.4rem; position: relative; }
    .writing { display: flex; flex-wrap: wrap; gap: 0.4rem; margin-bottom: 0.6rem; }
    .writing label, .writing textarea { flex: 1 1 100%; }
    .writing .quiet { border-color: var(--edge); color: var(--ink); padding: 0.2rem 0.8rem; }
    [popover] {
      color: var(--ink); background: var(--raised); border: 1px solid var(--edge); border-radius: 1rem; padding: 1.1rem 1.4rem;
      box-shadow: 0 10px 40px rgb(0 0 0 / 0.18);
    }
    [popover] ul { list-style: none; margin: 0.6rem 0 0; padding: 0; }
    [popover] li button { border: 0; background: none; padding: 0.35rem 0.7rem; margin: 0 -0.7rem; border-radius: 0.4rem; width: calc(100% + 1.4rem); text-align: left; }
    [popover] li button:hover { background: var(--hover); }
    /* Where there is little room the page scrolls as a whole, and the transcript has most of a screen. */
    @media (max-width: 56rem) {
      :host { display: block; height: auto; }
      .read { display: block; }
      .read > .text { height: 80dvh; }
      aside { border-left: 0; border-top: 1px solid var(--line); padding: 0.8rem 0 3rem; }
    }
    @media (max-width: 40rem) {
      :host { padding-top: 0.5rem; }
      .quick { flex-basis: 100%; order: 9; text-align: left; }
      .transport { gap: 0.3rem; }
      .transport .quiet { padding: 0.35rem 0.55rem; }
      .time { min-width: 0; }
      .finder { flex-wrap: wrap; }
      .finder input { flex-basis: 100%; }
      .finder .count { min-width: 0; flex: 1; text-align: left; padding-left: 0.9rem; }
    }
  `,
];
